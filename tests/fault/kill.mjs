/* kill -9 of somebody every two seconds while people write: nothing that was acknowledged is
   lost, nothing is there twice, and each is back soon. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Browser } from "../http/client.mjs";
import { demoPassword, home, pidsOf, port, sleep } from "../http/world.mjs";
import { judge, Ledger } from "./ledger.mjs";
import { answers, Chance, children, comm, crowd, filesAgree, recorded, seed, sql, tally, temporary, until, whole, work } from "./lib.mjs";

const status = (path, options) => new Browser(port).get(path, { wait: 3000, ...options }).then((a) => a.status, () => 0);
const healthy = async () => (await status("/healthz")) === 200;
/* In the words of /healthz; jobs that are late under this load have a row of their own. */
let said = "";
const scans = async () => {
	said = await new Browser(port).get("/healthz", { wait: 3000 }).then((a) => `${a.status} ${a.body}`, String);
	return /^200 (ok|degraded)/.test(said) && !/ scan\b/.test(said);
};
const signsIn = async () => {
	await new Browser(port).signIn("schueler", demoPassword);
	return true;
};

/* One process of a class of core's own, when all of them are there: back when they are again. */
const full = {};
const core = (name, also = async () => true) => ({
	find: () => {
		const now = pidsOf(name);
		full[name] ??= now.length;
		return now.length === full[name] ? now : [];
	},
	back: (killed) => {
		const now = pidsOf(name);
		return !now.includes(killed) && now.length === full[name] ? also() : false;
	},
	limit: 1000,
});
const victims = {
	page: core("page"),
	save: core("save"),
	slow: core("slow"),
	must: core("must"),
	sign: core("sign"),
	jobs: core("jobs"),
	auth: core("auth", signsIn),
	keys: core("keys"),
	scan: { find: () => [recorded("scan"), ...children(recorded("scan"))], limit: 5000,
		back: (killed) => killed !== recorded("scan") && comm(killed) === "" && scans() },
	nginx: { find: () => [recorded("nginx"), ...children(recorded("nginx"))], limit: 5000,
		back: (killed) => killed !== recorded("nginx") && healthy() }, /* its orphans would answer, too */
	push: { find: () => [recorded("push"), ...children(recorded("push"))], limit: 5000,
		back: (killed) => killed !== recorded("push") && answers(join(home, "run/sub/push.sock")) },
	master: { find: () => [recorded("kreide")], back: (killed) => recorded("kreide") !== killed && healthy(), limit: 10000 },
	mariadb: { find: () => [recorded("mariadb")], limit: 15000,
		back: async (killed) => recorded("mariadb") !== killed && (await healthy()) && (await sql("SELECT 1")).length === 1 },
};

/* Kills one; resolves with how long it was away, in milliseconds. */
async function kill(name, chance, back) {
	const v = victims[name], before = await until(20, () => (v.find().some(comm) ? v.find() : false));
	const pid = before ? chance.of(before) : undefined;
	if (pid === undefined) return void (back[name] ??= []).push(Infinity);
	const from = performance.now();
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		return; /* it had ended by itself */
	}
	const ok = await until(60, () => v.back(pid), 10);
	if (!ok) tally.note(`  ${name}: ${pid} (now ${comm(pid) || "gone"}) is not replaced after a minute; /healthz: ${said.trim()}`);
	(back[name] ??= []).push(ok ? performance.now() - from : Infinity);
}

/* For the README: build/fault.md. */
function table({ took, kills, rows, r, files, ledger, offer }) {
	const other = r.half.length + r.bytes.length, rate = (n) => (n / took).toFixed(0);
	writeFileSync(process.env.KR_FAULT_TABLE, `| killed with -9 | times | back in the middle | at worst | goal |
|---|---|---|---|---|
${rows.map(([name, n, mid, worst, goal]) => `| ${name} | ${n} | ${mid} s | ${worst} s | ${goal} s |\n`).join("")}
${kills} kills in ${took.toFixed(0)} s under ${offer[0]} uploads at a time and ${offer[2]} further writes a second offered: ${r.acked} writes
acknowledged (${rate(ledger.all())} a second, ${rate(ledger.uploads)} of them with a file; ${ledger.again} at a later try), lost ${r.lost.length}, twice
${r.twice.length}, phantom ${r.phantom.length}, half ${other}, files without a row ${files.orphans}, rows without their file ${files.missing}. Seed ${seed}.
`);
	tally.note(`kill: the table is in ${process.env.KR_FAULT_TABLE}`);
}

const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

export default async function () {
	const seconds = Number(process.env.T || (whole ? 600 : 30)), chance = new Chance(seed);
	const who = process.env.KILL ? process.env.KILL.split(",") : Object.keys(victims);
	const ledger = new Ledger(join(work, "ledger"), new Chance(seed + 1), `Buch${seed}`);
	await ledger.people(6);
	for (const v of Object.values(victims)) v.find(); /* all are there now */
	/* What is asked for; what the machine gives is in the table. */
	const offer = whole ? [50, 24, 200] : [12, 8, 100];
	const running = ledger.load(...offer), end = performance.now() + seconds * 1000;
	const back = {}, under = [], crowds = [];
	let turn = 0, busy = {};
	/* Each once in a random order, then anybody; who is not back yet is left alone. */
	const first = [...who].sort(() => chance.next() - 0.5);
	while (performance.now() < end) {
		await sleep(whole ? 2000 : 1500);
		const name = first[turn] ?? chance.of(who);
		turn++;
		if (busy[name]) continue;
		busy[name] = true;
		under.push(kill(name, chance, back).then(() => (busy[name] = false)));
		if (turn % 5 === 0) crowds.push(crowd());
	}
	await Promise.all(under);
	ledger.stop = true;
	const took = await running;
	tally.check(await until(30, healthy), "well again after the last kill");
	const share = 100 * (1 - (ledger.all() / ledger.asked)), again = 100 * ledger.again / Math.max(1, ledger.all());
	const kills = Object.values(back).flat().length;
	tally.note(`kill: seed ${seed}, ${took.toFixed(0)} s, ${kills} kills, ${(ledger.all() / took).toFixed(1)} writes a second of which `
		+ `${(ledger.uploads / took).toFixed(1)} with a file; ${again.toFixed(1)} % had to be sent again; ${share.toFixed(1)} % of ${ledger.asked} requests failed: ${JSON.stringify(ledger.seen)}`);
	const busier = Math.max(...crowds, 1);
	const rows = [];
	for (const [name, list] of Object.entries(back)) {
		const worst = Math.max(...list);
		tally.note(`  ${name}: ${list.length} times, back in ${middle(list).toFixed(0)} ms, at worst ${worst.toFixed(0)} ms`);
		rows.push([name, list.length, ...[middle(list), worst, victims[name].limit].map((ms) => (ms / 1000).toFixed(2))]);
		/* The short run is one of many suites; the long one has the machine to itself. */
		const patience = whole ? busier : Math.max(3, 2 * busier);
		tally.check(worst < Infinity, `${name} came back each time`);
		tally.check(middle(list) <= victims[name].limit * patience, `${name} is back in time`, `${list.map(Math.round)} ms, limit ${victims[name].limit}, machine ${busier.toFixed(1)}`);
	}
	tally.check(!ledger.seen[500], "no answer says 500: what is away says 502 or 503", JSON.stringify(ledger.seen));
	tally.check(ledger.all() > seconds * 2, "there was a load worth the name", `${ledger.all()} writes in ${seconds} s`);
	tally.check(Object.keys(back).length >= Math.min(who.length, Math.floor(seconds / 2)), "everybody was killed", Object.keys(back));
	const r = await judge(ledger, tally, "kill");
	ledger.close();
	const files = await filesAgree("kill");
	table({ took, kills, rows, r, files, ledger, offer });
	tally.check(temporary().length === 0, "kill: no temporary file is left", () => temporary().join("\n"));
	/* And the people are still who they were. */
	const late = new Ledger(join(work, "ledger.after"), chance, `Danach${seed}`);
	late.teachers = ledger.teachers;
	late.pupils = ledger.pupils;
	late.group = ledger.group;
	const w = late.news();
	tally.check(await late.send(w, { once: true }), "the next write works, with the session of before", w.answer?.status);
	late.close();
}
