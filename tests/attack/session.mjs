/* Sessions: none is adopted from outside, and one that is taken away is worth nothing in
   any worker within a second. */
import { kreide, people, pidsOf, slow, sleep, sql, value, workersAnew } from "../http/world.mjs";
import { from, secret, somebody } from "./lib.mjs";

const cookie = (jar) => [...jar].map(([k, v]) => `${k}=${v}`).join("; ");
/* Each from a network of its own: the rate per address is not what is tried here. */
let networks = 1000;
const asked = (jar, path = "/profile") => from(networks++ % 8000).get(path, { headers: { cookie: cookie(jar) } });

/* ── fixation ── */

async function fixation(tally) {
	const attacker = from(300), own = await somebody("pupil", { given: "Mallory" });
	await attacker.get("/login");
	const before = new Map(attacker.jar);
	const planted = { "a signed-out visitor's": [...before], "the attacker's own": [...own.browser.jar],
		"an invented": [["kr", "A".repeat(43)], ["krp", "B".repeat(43)], ["krd", "C".repeat(43)]] };
	for (const [what, cookies] of Object.entries(planted)) {
		const victim = await somebody("pupil", { given: "Alice" });
		const b = from(301);
		b.jar = new Map(cookies);
		/* Who is signed in as somebody else sees no form: the attacker's page is over first. */
		const page = await b.get("/login");
		if (page.status === 303) b.jar.delete("kr");
		const planted = new Map(b.jar);
		const a = await b.post("/login", { account: victim.account, password: secret }, { on: "/login" });
		tally.check(a.status === 303, `${what} cookies: signing in: ${a.status}`);
		const mine = b.jar.get("kr");
		tally.check(/^[\w-]{43}$/.test(mine ?? "") && !cookies.some(([, v]) => v === mine), `${what} cookies: the session is the planted one`);
		for (const jar of [planted, new Map(cookies)]) {
			const theirs = await asked(jar);
			tally.check(!theirs.body.includes(victim.account), `${what} cookies open ${victim.account}'s profile`);
		}
		tally.check((await asked(new Map([["kr", mine]]))).status === 200, `${what} cookies: the new session does not hold`);
	}
	/* A device cookie is no session, and a session is no device. */
	const jar = own.browser.jar;
	for (const [name, v] of jar)
		for (const as of ["kr", "krd", "krp"])
			if (as !== name) tally.check((await asked(new Map([[as, v]]))).status === 302, `the cookie ${name} opens the profile as ${as}`);
	/* Only the hash is stored. */
	const found = await sql(`SELECT COUNT(*) FROM core_session WHERE HEX(hash) LIKE HEX('%${jar.get("kr").slice(0, 20)}%')`).catch(() => undefined);
	if (found) tally.check(found[0][0] === "0", "the cookie lies in the database");
}

/* ── revocation ── */

/* 16 and more readers with the same cookie without pause; resolves with how long after the
   deed the last of them was still let in. */
async function revoked(jar, width, deed) {
	let running = true, done = Infinity, last = -Infinity, before = 0, after = 0;
	const readers = Array.from({ length: width }, async () => {
		while (running) {
			const started = performance.now(), a = await asked(jar, "/session");
			if (a.status === 200 && started > done) last = Math.max(last, started - done);
			if (started > done) after++;
			else if (a.status === 200) before++;
		}
	});
	await sleep(300);
	await deed();
	done = performance.now();
	await sleep(1500);
	running = false;
	await Promise.all(readers);
	return { late: Math.max(0, last), before, after };
}

/* The other pools, each several times, with the token of a form: where it leads. */
async function pools(jar, csrf) {
	const headers = { cookie: cookie(jar), "x-csrf-token": csrf, "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" };
	const asks = { save: ["POST", "/profile/theme", "theme=dark"], slow: ["GET", "/profile/data"], must: ["POST", "/tasks/999999999/submit", "answer=x"] };
	const all = await Promise.all(Object.entries(asks).flatMap(([pool, [method, path, body]]) => Array.from({ length: 8 }, async () => {
		const a = await from(networks++ % 8000).ask(method, path, { headers, body });
		return `${pool} ${/^\/login/.test(a.headers.location ?? "") ? "to the sign-in" : a.status}`;
	})));
	return [...new Set(all)].sort().join();
}

/* Which workers of the pool have answered, by their own count. */
const served = () => pidsOf("page").length;

const deeds = {
	"signed out": (p) => p.browser.post("/logout", {}, { on: "/" }),
	"signed out everywhere": async (p) => {
		const other = from(302);
		await other.signIn(p.account, p.password);
		const a = await other.post("/profile/sessions/end", {}, { on: "/profile" });
		if (a.status !== 303) throw new Error(`sessions/end: ${a.status}`);
	},
	"password changed elsewhere": async (p) => {
		const other = from(302);
		await other.signIn(p.account, p.password);
		const a = await other.post("/profile/password", { old: p.password, password: "Zweitens-8-Giraffe-und", password2: "Zweitens-8-Giraffe-und" },
			{ on: "/profile/password" });
		if (a.status !== 303) throw new Error(`password: ${a.status}`);
	},
	"signed out by the administration": async (p) => {
		const a = await people.admin.browser.post(`/people/${p.id}/signout`, {}, { on: `/people/${p.id}` });
		if (a.status !== 303) throw new Error(`signout: ${a.status}`);
	},
	"locked": async (p) => {
		const r = await kreide("user", "lock", p.account);
		if (r.code !== 0) throw new Error(r.err);
	},
	"left": async (p) => {
		const a = await people.admin.browser.post(`/people/${p.id}/leave`, {}, { on: `/people/${p.id}` });
		if (a.status !== 303) throw new Error(`leave: ${a.status}`);
	},
	"a new code printed": async (p) => {
		const r = await kreide("user", "code", p.account);
		if (r.code !== 0) throw new Error(r.err);
	},
};

/* As many workers as there are answer while one holds its breath. */
async function allWorkers(tally, jar) {
	await workersAnew(["page"]);
	const workers = pidsOf("page"), seen = new Set();
	for (const pid of workers) {
		const others = workers.filter((x) => x !== pid);
		for (const x of others) process.kill(x, "SIGSTOP");
		const answers = asked(jar, "/session").then((a) => a.status);
		const status = await Promise.race([answers, sleep(700 * slow).then(() => 0)]);
		for (const x of others) process.kill(x, "SIGCONT");
		await answers;
		if (status) seen.add(pid);
		/* One that was frozen in accept may have taken the request: asked once more below. */
		tally.check(status === 302 || status === 0, `worker ${pid}: ${status} to a session that has ended`);
	}
	return seen.size;
}

export default async function (tally) {
	await fixation(tally);
	let worst = 0, checks = 0;
	for (const [what, deed] of Object.entries(deeds)) {
		const p = await somebody("pupil", { given: "Alice" });
		const jar = new Map(p.browser.jar);
		const csrf = await p.browser.csrf();
		const open = await pools(jar, csrf);
		tally.check(open === "must 404,save 303,slow 303", `${what}: before it the pools say ${open}`);
		const { late, before, after } = await revoked(jar, 20, () => deed(p));
		tally.check(before > 20 && after > 20, `${what}: only ${before} requests before and ${after} after`);
		tally.check(late < 1000 * slow, `${what}: still let in after ${Math.round(late)} ms`);
		const many = await Promise.all(Array.from({ length: 32 }, () => asked(jar, "/session")));
		tally.check(many.every((a) => a.status === 302), `${what}: afterwards ${[...new Set(many.map((a) => a.status))]}`);
		const closed = await pools(jar, csrf);
		tally.check(closed === "must to the sign-in,save to the sign-in,slow to the sign-in", `${what}: afterwards the pools say ${closed}`);
		checks += before + after;
		worst = Math.max(worst, late);
		if (what === "signed out everywhere") {
			const reached = await allWorkers(tally, jar);
			tally.check(reached > 0, "no worker could be asked alone");
			tally.note(`session: ${reached} of ${served()} workers asked alone`);
		}
	}
	/* A bearer token ends with its person too. */
	const p = await somebody("teacher");
	const page = await p.browser.post("/profile/token", { label: "Angriff" }, { on: "/profile" });
	const token = page.body.match(/translate="no">([\w-]+)</)[1];
	const me = () => from(303).get("/api/v1/me", { headers: { authorization: `Bearer ${token}` } });
	tally.check((await me()).status === 200, "the token does not open");
	await kreide("user", "lock", p.account);
	tally.check((await me()).status === 401, "a locked person's token opens");
	tally.check(Number(await value("SELECT COUNT(*) FROM core_session")) > 0, "no sessions are stored: nothing was proven");
	tally.note(`session: ${Object.keys(deeds).length} ways to end it under ${checks} requests; let in ${Math.round(worst)} ms longer at most`);
}
