/* Guessing: ten thousand passwords for one account, one password for ten thousand accounts.
   What counts is how many are compared at all. */
import { readFileSync } from "node:fs";
import { pidsOf, sql, value } from "../http/world.mjs";
import { crowd, forgetTries, from, whole, secret, somebody } from "./lib.mjs";

const CAP = 20, NET_CAP = 2000;

const post = (b, csrf, account, password) => b.ask("POST", "/login", { headers: { "content-type": "application/x-www-form-urlencoded" },
	body: `_csrf=${encodeURIComponent(csrf)}&account=${encodeURIComponent(account)}&password=${encodeURIComponent(password)}` });
const csrfOf = async (b) => (await b.form("/login", "/login")).hidden._csrf;

/* What auth has computed, in ms: Argon2 does not come cheaper than that. */
const cpu = () => pidsOf("auth").reduce((n, pid) => {
	const f = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /s, "").split(" ");
	return n + Number(f[11]) + Number(f[12]);
}, 0) * 10;

/* Tries from many networks at once; how many were compared, refused, or fell through. */
async function volley(account, count, width, word, networks) {
	const browsers = [], said = {};
	for (let i = 0; i < Math.min(width, networks); i++) {
		const b = from(500 + i);
		browsers.push([b, await csrfOf(b)]);
	}
	await crowd(count, width, async (i) => {
		const [b, csrf] = browsers[i % browsers.length];
		const a = await post(b, csrf, account, word(i));
		said[a.status] = (said[a.status] ?? 0) + 1;
	});
	return said;
}

async function brute(tally) {
	const victim = await somebody("teacher", { given: "Berta" }), known = victim.browser;
	const before = cpu(), began = performance.now(), total = whole ? 10000 : 2000;
	const said = await volley(victim.account, total, 32, (i) => `Sommer-${i}-Herbst`, 32);
	const spent = cpu() - before, rows = Number(await value("SELECT COUNT(*) FROM kreide_auth.attempt"));
	tally.check((said[422] ?? 0) <= CAP, `one account: ${said[422]} passwords were compared: ${JSON.stringify(said)}`);
	tally.check((said[422] ?? 0) > 0 && (said[429] ?? 0) > total / 2, `one account: ${JSON.stringify(said)}`);
	tally.check(rows <= CAP, `one account: ${rows} tries were counted`);
	tally.check(said[303] === undefined, "a guess was right");
	const each = spent / Math.max(1, said[422]);
	tally.note(`guess: ${total} tries on one account in ${Math.round((performance.now() - began) / 1000)} s: ${said[422]} compared, ${said[429]} made to wait, ` +
		`${rows} counted, auth computed ${spent} ms (${Math.round(each)} ms a comparison and its share of the rest)`);

	/* The patient one: each time the wait is over he tries again, for an hour. What lies in
	   the table is made older instead of waiting. */
	let compared = 0, tries = 0;
	await forgetTries();
	const b = from(600), csrf = await csrfOf(b);
	for (let minute = 0; minute < 58; minute++) {
		for (let i = 0; i < 3; i++, tries++) if ((await post(b, csrf, victim.account, `Winter-${minute}-${i}`)).status === 422) compared++;
		await sql("UPDATE kreide_auth.attempt SET at = at - INTERVAL 60 SECOND");
	}
	tally.check(compared > 5 && compared <= CAP, `one account, patiently: ${compared} compared in an hour`);
	tally.note(`guess: ${tries} patient tries over an hour: ${compared} compared`);

	/* Locked out by others is nobody who has been here before. */
	const right = await post(b, csrf, victim.account, secret);
	tally.check(right.status === 429, `a stranger with the right password at a full account: ${right.status}`);
	await known.post("/logout", {}, { on: "/" });
	await volley(victim.account, 100, 8, (i) => `Nochmal-${i}-Ziege`, 8);
	const a = await known.post("/login", { account: victim.account, password: secret }, { on: "/login" });
	tally.check(a.status === 303, `the right password from a known device: ${a.status}`);
	/* And at that device one cannot guess for ever either. */
	const thief = from(601);
	for (const [k, v] of known.jar) if (k !== "kr") thief.jar.set(k, v);
	const token = await csrfOf(thief);
	let there = 0;
	for (let i = 0; i < 60; i++) if ((await post(thief, token, victim.account, `Geraet-${i}-Tisch`)).status === 422) there++;
	tally.check(there <= CAP, `at a known device ${there} were compared`);
}

async function stuffing(tally) {
	await forgetTries();
	const b = from(700), csrf = await csrfOf(b), said = {}, names = (i) => `stopf.konto${i}`;
	const tally1 = async (i) => {
		const a = await post(b, csrf, names(i), "Kreide-demo-2");
		said[a.status] = (said[a.status] ?? 0) + 1;
		/* A busy auth says so and has compared nothing: tried again. */
		return a.status;
	};
	if (whole) {
		await crowd(10000, 6, tally1);
		tally.check(said[422] <= NET_CAP + 6, `one network: ${JSON.stringify(said)}`);
		tally.note(`guess: 10000 accounts once from one network: ${JSON.stringify(said)}`);
	} else {
		/* All but 40 of the network's tries are already in the table. */
		await tally1(0);
		await sql(`INSERT INTO kreide_auth.attempt (who, net, at) SELECT UNHEX(SHA2(seq, 256)), (SELECT net FROM (SELECT net FROM kreide_auth.attempt LIMIT 1) n),
			UTC_TIMESTAMP(6) FROM seq_1_to_${NET_CAP - 41}`);
		await crowd(200, 4, (i) => tally1(i + 1));
		tally.check(said[422] >= 36 && said[422] <= 41, `one network: ${JSON.stringify(said)}, room was for 41`);
		tally.note(`guess: 201 accounts once from one network with ${NET_CAP - 41} tries behind it: ${JSON.stringify(said)}`);
	}
	tally.check(said[429] > 0 && said[303] === undefined, `one network: ${JSON.stringify(said)}`);
	/* Another network goes on, and a known device in the same one. */
	const p = await somebody("pupil", { given: "Cem" });
	const elsewhere = from(701);
	tally.check((await post(elsewhere, await csrfOf(elsewhere), p.account, secret)).status === 303, "another network is refused as well");
	const same = from(700);
	for (const [k, v] of p.browser.jar) if (k !== "kr") same.jar.set(k, v);
	tally.check((await post(same, await csrfOf(same), p.account, secret)).status === 303, "a known device in that network is refused");
	await forgetTries();
}

/* A printed code, guessed. */
async function codes(tally) {
	const b = from(710), said = {};
	const csrf = (await b.form("/activate", "/activate")).hidden._csrf, letters = "ABCDEFGHJKMNPQRSTVWXYZ23456789";
	const one = (i) => Array.from({ length: 4 }, (_, k) => Array.from({ length: 4 }, (_, m) => letters[(i * 7 + k * 11 + m * 5) % letters.length]).join("")).join("-");
	await crowd(whole ? 4000 : 100, 8, async (i) => {
		const a = await b.ask("POST", "/activate", { headers: { "content-type": "application/x-www-form-urlencoded" },
			body: `_csrf=${encodeURIComponent(csrf)}&code=${one(i)}` });
		said[a.status] = (said[a.status] ?? 0) + 1;
	});
	tally.check(said[200] === undefined && said[303] === undefined, `codes: ${JSON.stringify(said)}`);
	tally.note(`guess: codes: ${JSON.stringify(said)}`);
}

export default async function (tally) {
	await brute(tally);
	await stuffing(tally);
	await codes(tally);
}
