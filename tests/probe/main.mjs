// Asks every process of one instance for its probes and compares with what is expected:
// main.mjs root|user HOME TREE ASK FOLDER [write]
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const [how, home, tree, ask, folder, write] = process.argv.slice(2);
const HEAD = 4096, LINE = 64;
const KINDS = ["kreide", "kreide-page", "kreide-save", "kreide-slow", "kreide-must", "kreide-sign", "kreide-auth",
	"kreide-keys", "kreide-jobs", "kreide-scan", "scan-engine", "scan-child", "nginx-push"];
let passed = 0, failed = 0;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function ok(name, good, seen = "") {
	if (good)
		passed++;
	else {
		failed++;
		console.log(`FAILED probe ${how}: ${name} ${seen}`);
	}
}

/* ── who is there: everything that the instance's supervisor has started ── */

function stat(pid) {
	try {
		const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8"), end = text.lastIndexOf(")");
		const rest = text.slice(end + 2).split(" ");
		return { pid, comm: text.slice(text.indexOf("(") + 1, end), state: rest[0], ppid: +rest[1] };
	} catch {
		return null;
	}
}

function everybody() {
	const top = +fs.readFileSync(`${home}/sv/.runsvdir.proc`, "utf8").split(" ")[0];
	const all = fs.readdirSync("/proc").filter((d) => /^\d+$/.test(d)).map((d) => stat(+d))
		.filter((p) => p && p.state !== "Z");
	const parent = new Map(all.map((p) => [p.pid, p.ppid]));
	const ours = (pid) => { while (pid > 1 && pid !== top) pid = parent.get(pid) ?? 0; return pid === top; };
	return all.filter((p) => p.pid !== top && ours(p.pid)).map((p) => ({ ...p, name: name_of(p) }));
}

/* nginx goes by one name and is three things. */
function name_of(p) {
	if (p.comm !== "nginx")
		return p.comm;
	const line = (pid) => { try { return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8"); } catch { return ""; } };
	if (`${line(p.pid)}${line(p.ppid)}`.includes("push.conf"))
		return "nginx-push";
	return stat(p.ppid)?.comm === "nginx" ? "nginx-worker" : "nginx";
}

function status(pid) {
	const of = {};
	for (const line of fs.readFileSync(`/proc/${pid}/status`, "utf8").split("\n")) {
		const [key, value] = line.split(":");
		of[key] = value?.trim();
	}
	return of;
}

/* ── the tables ── */

const comment = (line) => line.startsWith("#") || !line;
function table(name) {
	const [head, ...rows] = fs.readFileSync(path.join(folder, name), "utf8").split("\n")
		.filter((l) => !comment(l)).map((l) => l.split("\t").map((c) => c.trim()));
	return { head, rows };
}

/* What each kind of process holds: one row for each name there may be. */
function confined() {
	const rows = new Map(table("processes.tsv").rows.map((r) => [r[0], r]));
	const seen = new Set();
	for (const p of everybody()) {
		const row = rows.get(p.name);
		if (!row) {
			ok(`process ${p.name}`, false, "has no row in processes.tsv");
			continue;
		}
		seen.add(p.name);
		let s;
		try {
			s = status(p.pid);
		} catch {
			continue; // it has just ended
		}
		const none = (key) => /^0+$/.test(s[key]) ? "none" : "some";
		const now = [none("CapEff"), none("CapPrm"), s.NoNewPrivs === "1" ? "yes" : "no", s.Seccomp === "2" ? "yes" : "no"];
		const want = row.slice(1, 5).map((c) => c === "some" ? (how === "user" ? "none" : "some")
			: c === "root" ? (how === "user" ? "no" : "yes") : c);
		ok(`${p.name}: capabilities, no new privileges, seccomp`, now.join() === want.join(), `${now} instead of ${want}`);
		if (how === "root") {
			const uid = s.Uid.split("\t"), name = execFileSync("id", ["-un", uid[0]], { encoding: "utf8" }).trim();
			ok(`${p.name}: account`, name === row[5] && new Set(uid).size === 1, `${name} (${uid})`);
		}
	}
	for (const name of rows.keys())
		ok(`${name} is there`, seen.has(name) || rows.get(name)[6] === "maybe");
}

/* ── the mapped file ── */

const results = path.join(tree, "results");
const mapped = fs.openSync(results, "r+");
function tell(sibling) {
	const head = Buffer.alloc(HEAD);
	head.write(home, 0);
	head.write(tree, 256);
	["ro", "rw", "auth", "jobs"].forEach((name, i) =>
		head.write(fs.readFileSync(`${home}/secret/kreide_${name}.pw`, "utf8").trim(), 512 + 48 * i));
	head.writeInt32LE(sibling, 512 + 4 * 48);
	fs.writeSync(mapped, head, 0, HEAD, 0);
}

function said() {
	const all = fs.readFileSync(results), out = new Map();
	const text = (at, n) => { const b = all.subarray(at, at + n); return b.subarray(0, b.indexOf(0)).toString(); };
	for (let at = HEAD; at < all.length && all[at]; at += LINE)
		out.set(`${text(at, 16).replace(/^nginx$/, "nginx-push")} ${text(at + 16, 32)}`, text(at + 48, 16));
	return out;
}
const finished = (kind) => said().get(`${kind} end`) === "ok";

function signal(pid) {
	spawnSync("kill", ["-43", String(pid)]); // PROBE_SIGNAL
}

/* One process after the other, until none was killed before its last probe. */
async function ask_kind(kind, sibling) {
	const limit = Date.now() + 20000;
	let told = 0;
	while (!finished(kind) && Date.now() < limit) {
		if (kind === "scan-child") {
			spawnSync(ask, ["ask", `${home}/run/scan.sock`, "5000", `${folder}/README.md`]);
			continue;
		}
		const p = everybody().filter((q) => q.name === kind).pop();
		if (p && p.pid !== told) {
			tell(sibling(p.pid));
			signal(told = p.pid);
		}
		await sleep(20);
	}
	ok(`${kind} was asked everything`, finished(kind));
}

/* Bait: what a process would find if it could look. */
function bait() {
	for (const name of ["files/probe", "incoming/probe"]) {
		const file = path.join(home, name), { uid, gid } = fs.statSync(path.dirname(file));
		fs.writeFileSync(file, "x", { mode: 0o640 });
		if (process.getuid() === 0)
			fs.chownSync(file, uid, gid);
	}
}

/* "*": depends on the machine, not on us; "a|b": on its kernel. */
const fits = (cell, seen) => cell === "*" || cell?.split("|").includes(seen);

function compare(now) {
	const file = path.join(folder, `expected-${how}.tsv`);
	const names = [...new Set([...now.keys()].map((k) => k.split(" ")[1]))].filter((n) => n !== "end");
	const { head, rows } = fs.existsSync(file) ? table(path.basename(file)) : { head: [], rows: [] };
	const old = new Map(rows.map((r) => [r[0], r]));
	if (write) {
		const top = fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n").filter((l) => l.startsWith("#")) : [];
		fs.writeFileSync(file, [...top, ["probe", ...KINDS, "note"].join("\t"), ...names.map((n) =>
			[n, ...KINDS.map((k, i) => {
				const seen = now.get(`${k} ${n}`) ?? "-", was = old.get(n)?.[head.indexOf(k)];
				return fits(was, seen) ? was : seen;
			}), old.get(n)?.at(-1) ?? ""].join("\t"))].join("\n") + "\n");
		return;
	}
	ok("the columns are the kinds of processes", head.slice(1, -1).join() === KINDS.join(), head.join());
	for (const n of names)
		ok(`${n} has a row`, old.has(n));
	for (const [n, row] of old) {
		ok(`${n}: says why it is let through`, !row.slice(1, -1).includes("ok") || row[KINDS.length + 1]);
		KINDS.forEach((kind, i) => {
			const seen = now.get(`${kind} ${n}`) ?? "-";
			ok(`${kind}: ${n}`, fits(row[i + 1], seen), `${seen} instead of ${row[i + 1]}`);
		});
	}
	ok("at least 40 probes", names.length >= 40, String(names.length));
}

bait();
confined();
const others = everybody();
const page = others.filter((p) => p.comm === "kreide-page").map((p) => p.pid);
const auth = others.find((p) => p.comm === "kreide-keys").pid;
/* The master last: what it may do to itself would show in the others. */
for (const kind of [...KINDS].reverse())
	await ask_kind(kind, (pid) => /^kreide-/.test(kind) && kind !== "kreide-scan" && kind !== "kreide-page" ? page[0] : auth);
compare(said());
console.log(`${passed} passed, ${failed} failed`);
