/* The n-th call fails, n from 1 until a hand-in with a file goes through unharmed: memory,
   fsync, disk, sockets, once or from then on. Nothing is acknowledged that is not there, the
   form can be sent again, and nothing is left behind. CASE=malloc NTH=7,8 tries only these. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home, signal, sleep } from "../http/world.mjs";
import { judge, Ledger } from "./ledger.mjs";
import { Chance, coreWith, filesAgree, kinds, Plan, preload, seed, sql, stored, tally, until, value, whole, work } from "./lib.mjs";

const EINTR = 4, EIO = 5, ENOMEM = 12, ENOSPC = 28;
/* In the short run so many tries, spread over all n; in the long one every n up to 600. */
const cases = [
	{ name: "fsync fails", kind: kinds.sync, error: EIO, tries: 99 },
	{ name: "disk: EIO", kind: kinds.disk, error: EIO, tries: 12 },
	{ name: "disk full from here on", kind: kinds.disk, error: ENOSPC, goOn: true, tries: 12 },
	{ name: "disk: EINTR", kind: kinds.disk, error: EINTR, tries: 6 },
	{ name: "sockets: EIO", kind: kinds.talk, error: EIO, tries: 14 },
	{ name: "sockets: EINTR", kind: kinds.talk, error: EINTR, tries: 8 },
	{ name: "malloc", kind: kinds.memory, error: ENOMEM, tries: 14 },
	{ name: "malloc of a new worker", kind: kinds.memory, error: ENOMEM, tries: 20, fresh: true },
	{ name: "no memory from here on", kind: kinds.memory, error: ENOMEM, goOn: true, tries: 6 },
];

/* A worker that has served nobody yet: its libraries begin, it connects to the database.
   Killed, since one that leaves in peace would be counted, too. */
const anew = (c) => c.fresh && until(20, () => (signal("must", "KILL"), true));

/* How many such calls one hand-in makes. */
async function total(ledger, plan, c) {
	const w = await ledger.handIn();
	plan.arm({ who: "kreide-must", kind: c.kind, n: 1 << 30 });
	await anew(c);
	const ok = await ledger.send(w, { once: true });
	await sleep(20);
	const { seen } = plan.disarm();
	tally.check(ok && seen > 0, `${c.name}: an unharmed hand-in is counted`, `${seen} ${w.answer?.status}`);
	return seen;
}

/* Connector/C looks at some of its own allocations only when it uses them: server_version
   and the buffer of the handshake in mysql_real_connect(). Nothing of ours lies between such
   a failure and its end, and nothing can be acknowledged there; the rest is asked as ever. */
const inConnector = (callers) => /^libmariadb/.test(callers.split(" < ").find((c) => !/^(shim|libc\.)/.test(c)) ?? "");

/* The worker writes its log and does its last statements after the answer. */
async function one(ledger, plan, c, n, sum) {
	const w = await ledger.handIn(), before = new Set(stored().keys());
	plan.arm({ who: "kreide-must", kind: c.kind, error: c.error, n, goOn: c.goOn });
	await anew(c);
	/* 400: to the worker the body broke off. */
	const ok = await ledger.send(w, { once: true, cut: [400] });
	await sleep(15);
	const p = plan.disarm(), at = `${c.name}, the ${n}. call (${p.call})`;
	if (ok) sum.acked++;
	sum.ended += p.abort + p.segv > 0 ? 1 : 0;
	sum.fired += p.fired > 0 ? 1 : 0;
	tally.check(p.segv === 0 || (c.kind === kinds.memory && inConnector(p.failed) && inConnector(p.crashed)),
		`${at}: ends without a wild pointer`, `${p.crashed}\nafter ${p.failed}`);
	if (process.env.SHOW) tally.note(`${at}: ${w.answer?.status}, in ${p.failed}; ended in ${p.crashed}`);
	if (c.kind === kinds.sync && p.fired > 0) tally.check(!ok, `${at}: not acknowledged after a failed fsync`);
	if (c.kind === kinds.sync && p.fired > 0)
		tally.check([...stored().keys()].every((k) => before.has(k)), `${at}: the file is thrown away`);
	const rows = await sql("SELECT store_key FROM core_file"), files = stored();
	const missing = rows.filter(([k]) => !files.has(k));
	tally.check(missing.length === 0, `${at}: every row has its bytes`, missing.join("\n"));
	if (missing.length > 0) await sql("DELETE FROM core_file WHERE attached = 0");
	if (!ok) tally.check(await ledger.send(w, { seconds: 20 }), `${at}: the same form goes through afterwards`, `${w.answer?.status}`);
	return p.fired > 0;
}

export default async function () {
	const plan = new Plan(join(work, "plan")), chance = new Chance(seed);
	tally.check(existsSync(join(work, "shim.so")), "nth: shim.so is there");
	const ledger = new Ledger(join(work, "ledger.nth"), chance, `Nte${seed}`);
	await ledger.people(8);
	const conf = join(home, "etc/kreide.conf"), before = readFileSync(conf);
	appendFileSync(conf, "must_workers = 1\n"); /* one process counts */
	await coreWith(preload(plan));
	try {
		for (const c of cases) {
			if (process.env.CASE && !c.name.includes(process.env.CASE)) continue;
			const all = await total(ledger, plan, c), sum = { acked: 0, ended: 0, fired: 0 };
			const step = Math.max(1, all / (whole ? 600 : c.tries)), tries = [];
			for (let n = step === 1 ? 1 : 1 + chance.below(Math.floor(step)); n <= all + 3; n += step) tries.push(Math.floor(n));
			if (process.env.NTH) {
				for (const n of process.env.NTH.split(",")) await one(ledger, plan, c, Number(n), sum);
				continue;
			}
			let harmed = true;
			for (const n of tries) harmed = await one(ledger, plan, c, n, sum);
			/* Beyond the last one: unharmed. */
			for (let n = all + 4; harmed && n < all + 60; n += 4) harmed = await one(ledger, plan, c, n, sum);
			tally.check(!harmed, `${c.name}: passes in the end`);
			tally.check(sum.fired > 0, `${c.name}: calls did fail`);
			tally.note(`nth: ${c.name}: ${all} calls, ${tries.length} tried, ${sum.fired} failed, ${sum.acked} acknowledged all the same, ${sum.ended} ended the worker`);
		}
	} finally {
		writeFileSync(conf, before);
		await coreWith("");
	}
	await judge(ledger, tally, "nth");
	ledger.close();
	await filesAgree("nth");
	tally.check(await value("SELECT COUNT(*) FROM core_file f WHERE f.attached = 1 AND NOT EXISTS (SELECT 1 FROM core_attachment a WHERE a.file_id = f.id)") === "0", "nth: nothing is held by nobody");
}
