/* The order in which one hand-in reaches the disk, seen by strace: bytes, their fsync, the
   name, the fsync of the folder, COMMIT, and only then the answer. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { home, pidsOf, sleep } from "../http/world.mjs";
import { Ledger } from "./ledger.mjs";
import { Chance, root, stored, tally, until, value, work } from "./lib.mjs";

const calls = "openat,open,write,fsync,rename,mkdir,sendto,recvfrom,unlink,close";

/* Lines of one process: [name, arguments, result]. A call that was interrupted by another
   process's line is put together again. */
function parse(text, pid) {
	const list = [];
	let open;
	for (const line of text.split("\n")) {
		const m = line.match(/^(\d+) +(.*)$/);
		if (!m || Number(m[1]) !== pid) continue;
		if (m[2].endsWith("<unfinished ...>")) {
			open = m[2].slice(0, -16);
			continue;
		}
		const whole = m[2].replace(/^<\.\.\. \w+ resumed>/, () => open ?? "");
		const c = whole.match(/^(\w+)\((.*)\) += (-?\d+)/s);
		if (c) list.push({ name: c[1], args: c[2], result: Number(c[3]) });
	}
	return list;
}

/* To nginx; statements go the same way. */
const answers = (c) => c.name === "sendto" && /Status: \d/.test(c.args);

/* Steps in their order; each is looked for behind the one before. */
function inOrder(list, steps) {
	let at = -1;
	for (const [what, is] of steps) {
		const next = list.findIndex((c, i) => i > at && is(c));
		if (next < 0) return what;
		at = next;
	}
	return undefined;
}

async function traced(ledger, w) {
	const pids = pidsOf("must"), out = join(work, "strace.txt");
	const p = spawn("strace", ["-f", "-s", "120", "-e", `trace=${calls}`, "-o", out, ...pids.flatMap((pid) => ["-p", String(pid)])]);
	let said = "";
	p.stderr.on("data", (d) => (said += d));
	const attached = await until(10, () => said.split(" attached").length > pids.length);
	tally.check(attached, "order: strace has attached", said);
	const ok = await ledger.send(w, { once: true });
	await sleep(200);
	p.kill("SIGINT");
	await new Promise((done) => p.on("exit", done));
	tally.check(ok, "order: the hand-in was acknowledged", w.answer?.status);
	return existsSync(out) ? pids.map((pid) => parse(readFileSync(out, "utf8"), pid)) : [];
}

export default async function () {
	if (!root) return tally.note("order: who is not root may not trace the workers; left out");
	const ledger = new Ledger(join(work, "ledger.order"), new Chance(7), "Reihe");
	await ledger.people(1);
	const w = await ledger.handIn(), before = new Set(stored().keys());
	const list = (await traced(ledger, w)).find((l) => l.some((c) => c.name === "rename")) ?? [];
	const key = [...stored().keys()].find((k) => !before.has(k)) ?? "-", dir = `files/${key.slice(0, 2)}`;
	const opened = list.find((c) => /^open/.test(c.name) && c.args.includes(`incoming/${key}`));
	const file = opened?.result, folder = list.find((c) => /^open/.test(c.name) && c.args.includes(`${dir}"`))?.result;
	const made = list.find((c) => c.name === "mkdir" && c.args.includes(`${dir}"`) && c.result === 0);
	const top = made && list.find((c) => /^open/.test(c.name) && /files",/.test(c.args))?.result;
	const on = (name, fd) => (c) => c.name === name && new RegExp(`^${fd}[,)]?`).test(c.args) && c.args.split(",")[0] === String(fd) && c.result >= 0;
	const steps = [["the bytes are written", on("write", file)], ["their fsync", on("fsync", file)],
		["the name", (c) => c.name === "rename" && c.args.includes(key)], ["the fsync of the folder", on("fsync", folder)],
		["the row of the file", (c) => c.name === "sendto" && /COMMIT/.test(c.args)],
		["COMMIT of the hand-in", (c) => c.name === "sendto" && /COMMIT/.test(c.args)],
		["the answer", (c) => answers(c) && /Status: 303/.test(c.args)]];
	if (made) steps.splice(1, 0, ["the fsync of files/", on("fsync", top)]);
	const missing = inOrder(list, steps), shown = () => list.map((c) => `${c.name}(${c.args.slice(0, 90)}) = ${c.result}`).join("\n");
	tally.check(missing === undefined, `order: ${missing} comes in its turn`, shown);
	tally.check(list.filter(answers).length === 1, "order: one answer", shown);
	const commit = list.findLastIndex((c) => c.name === "sendto" && /COMMIT/.test(c.args)), answer = list.findIndex((c) => /Status: 303/.test(c.args));
	tally.check(list.slice(commit + 1, answer).some((c) => c.name === "recvfrom" && c.result > 0), "order: the database has said yes before the answer", shown);
	tally.check(await value("SELECT @@innodb_flush_log_at_trx_commit = 1 AND @@sync_binlog = 1") === "1", "order: a commit is on the disk");
	const again = inOrder([...list].reverse(), steps);
	tally.check(again !== undefined, "order: the other way round would have been seen");
	ledger.close();
}
