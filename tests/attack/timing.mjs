/* Does the time of a refusal say whether an account exists? Known accounts with a password,
   known ones without, and invented ones, interleaved; and the same bytes for all. */
import { readFileSync } from "node:fs";
import { pidsOf, quote, sql } from "../http/world.mjs";
import { dice, forgetTries, from, whole, median } from "./lib.mjs";

const rounds = whole ? 2000 : 150;

/* Mann and Whitney: how likely two lists so different come from the same place. */
export function likely(a, b) {
	const all = [...a.map((x) => [x, 0]), ...b.map((x) => [x, 1])].sort((x, y) => x[0] - y[0]);
	let sum = 0, ties = 0;
	for (let i = 0; i < all.length; ) {
		let k = i;
		while (k < all.length && all[k][0] === all[i][0]) k++;
		const rank = (i + 1 + k) / 2, n = k - i;
		ties += n ** 3 - n;
		for (let m = i; m < k; m++) if (all[m][1] === 0) sum += rank;
		i = k;
	}
	const [n, m] = [a.length, b.length], u = sum - (n * (n + 1)) / 2, N = n + m;
	const sd = Math.sqrt(((n * m) / 12) * (N + 1 - ties / (N * (N - 1))));
	return 2 * (1 - phi(Math.abs(u - (n * m) / 2) / sd));
}
/* Of the normal distribution; Abramowitz and Stegun 7.1.26. */
function phi(z) {
	const t = 1 / (1 + (0.3275911 * z) / Math.SQRT2);
	const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
	return 1 - 0.5 * poly * Math.exp((-z * z) / 2);
}

/* What differs from answer to answer in any case, and what was typed. */
const plain = (a, account) => JSON.stringify([a.status, Object.keys(a.headers).sort(), a.headers["content-length"] && a.bytes.length - account.length,
	a.body.replaceAll(account, "ACCOUNT").replace(/name="(_csrf|_nonce)" value="[^"]*"/g, "$1").replace(/\b\d{3}-[0-9a-f]{16}\b|\b[0-9a-f]{16,32}\b/g, "N")]);

/* Accounts of equal length, so that the bytes can be compared to the last. */
async function accounts() {
	const pupils = (await sql(`SELECT id, account FROM core_person WHERE roles = 1 AND state = 'active' AND id NOT IN
		(SELECT person_id FROM kreide_auth.credential) ORDER BY id`)).map(([id, account]) => ({ id, account }));
	const hash = (await sql("SELECT hash FROM kreide_auth.credential LIMIT 1"))[0][0];
	const half = Math.floor(pupils.length / 2), known = pupils.slice(0, Math.min(half, rounds)), bare = pupils.slice(half);
	for (const p of known)
		await sql(`INSERT INTO kreide_auth.credential (person_id, hash, changed) VALUES (${p.id}, ${quote(hash)}, UTC_TIMESTAMP(6))`);
	return { known: known.map((p) => p.account), bare: bare.map((p) => p.account), ids: known.map((p) => p.id) };
}

const cpu = () => pidsOf("auth").reduce((n, pid) => {
	const f = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /s, "").split(" ");
	return n + Number(f[11]) + Number(f[12]);
}, 0) * 10;

export default async function (tally) {
	const random = dice();
	/* The judge: equal lists are equal, a difference of a twentieth is seen. */
	const noise = (shift) => Array.from({ length: rounds }, () => 60 + shift + random(1000) / 100);
	tally.check(likely(noise(0), noise(0)) > 0.0001 && likely(noise(0), noise(3)) < 0.0001, "the test itself does not tell lists apart");

	const { known, bare, ids } = await accounts();
	const kinds = { known: [], bare: [], invented: [] }, spent = { known: 0, bare: 0, invented: 0 }, looks = {};
	try {
		const b = from(400), form = await b.form("/login", "/login");
		const one = async (kind, i) => {
			const like = known[i % known.length];
			/* As long as a known one; each account but once in a while, so that nobody waits. */
			const name = kind === "invented" ? like.slice(0, -4) + String(1000 + random(9000)).slice(0, Math.min(4, like.length)) : kind === "known"
				? like : bare[i % bare.length];
			const before = cpu(), a = await b.ask("POST", "/login", { headers: { "content-type": "application/x-www-form-urlencoded" },
				body: `_csrf=${encodeURIComponent(form.hidden._csrf)}&account=${encodeURIComponent(name)}&password=Falsch-9-Regal` });
			spent[kind] += cpu() - before;
			if (a.status !== 422) throw new Error(`${kind} ${name}: ${a.status}`);
			kinds[kind].push(a.ms);
			(looks[kind] ??= new Set()).add(plain(a, name));
		};
		for (const kind of Object.keys(kinds)) for (let i = 0; i < 3; i++) await one(kind, i);
		/* Both: on a machine that others use too, one of them alone means nothing. */
		const told = (other) => {
			const p = likely(kinds.known, kinds[other]), d = median(kinds.known) - median(kinds[other]);
			return { p, d, good: p > 0.001 || Math.abs(d) < 1 };
		};
		const measure = async () => {
			for (const k of Object.keys(kinds)) [kinds[k].length, spent[k]] = [0, 0];
			for (let i = 0; i < rounds; i++) {
				if (i % 400 === 0) await forgetTries();
				const order = Object.keys(kinds).sort(() => random(2) - 0.5);
				for (const kind of order) if (whole || kind !== "bare" || i % 3 === 0) await one(kind, i);
			}
		};
		await measure();
		/* One of a thousand runs looks so by chance: of another the same is asked. */
		if (!told("bare").good || !told("invented").good) await measure();
		for (const other of ["bare", "invented"]) {
			const { p, d, good } = told(other);
			tally.note(`timing: known ${median(kinds.known).toFixed(2)} ms, ${other} ${median(kinds[other]).toFixed(2)} ms, ` +
				`difference ${d.toFixed(2)} ms, p = ${p.toFixed(3)}, ${rounds} and ${kinds[other].length}, auth computed ${(spent[other] / kinds[other].length).toFixed(1)} ms each`);
			tally.check(good, `${other} accounts are told by time: ${d.toFixed(2)} ms, p = ${p}`);
			tally.check(looks[other].size === looks.known.size && [...looks[other]].every((x) => looks.known.has(x)), `${other} accounts are told by their answer`,
				[...looks[other], ...looks.known].join("\n"));
			tally.check(spent[other] / kinds[other].length > spent.known / rounds / 2, `${other} accounts cost ${spent[other]} ms of computing, known ones ${spent.known}`);
		}
	} finally {
		await sql(`DELETE FROM kreide_auth.credential WHERE person_id IN (${ids.join(",")})`);
		await forgetTries();
	}
}
