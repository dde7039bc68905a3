/* What the faults share: counting, chance that can be replayed, processes and services of
   the instance, and the plan of shim.c. */
import { execFile } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, realpathSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { hangUp, home, pidsOf, sleep, sql as ask } from "../http/world.mjs";

export const run = promisify(execFile);
export const root = process.getuid() === 0;
export const seed = Number(process.env.SEED || 1);
export const whole = process.env.KR_FAULT_WHOLE === "1";
export const work = process.env.KR_FAULT_WORK; /* a folder for us, shim.so in it */

class Tally {
	passed = 0;
	failed = 0;
	check(good, what, seen) {
		if (good) return void this.passed++;
		if (++this.failed > 60) return;
		console.log(`FAILED ${what}`);
		const text = typeof seen === "function" ? seen() : seen;
		if (text !== undefined)
			console.log(String(text).split("\n").slice(0, 15).map((l) => `       ${l.slice(0, 300)}`).join("\n"));
	}
	note(text) {
		console.log(`  ${text}`);
	}
}
export const tally = new Tally();

/* The same seed, the same run (mulberry32). */
export class Chance {
	constructor(number) {
		this.state = number >>> 0;
	}
	next() {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let t = this.state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	}
	below(n) {
		return Math.floor(this.next() * n);
	}
	of(list) {
		return list[this.below(list.length)];
	}
}

export async function until(seconds, what, every = 20) {
	const end = performance.now() + seconds * 1000;
	for (;;) {
		const seen = await Promise.resolve().then(what).catch(() => false);
		if (seen) return seen;
		if (performance.now() > end) return false;
		await sleep(every);
	}
}

/* How many times longer than on an idle machine things take here and now. */
export function crowd() {
	const cpu = process.cpuUsage(), from = performance.now();
	let x = 0;
	while (process.cpuUsage(cpu).user < 100000) for (let i = 0; i < 200000; i++) x += i % 7;
	const used = process.cpuUsage(cpu);
	return Math.max(1, (performance.now() - from) * 1000 / (used.user + used.system), x < 0 ? 1 : 0);
}

/* The client of the database waits for ever for one that was killed under it. */
export async function sql(text) {
	const timer = setTimeout(hangUp, 1500);
	try {
		return await ask(text);
	} finally {
		clearTimeout(timer);
	}
}
export const value = async (text) => (await sql(text))[0]?.[0];

/* ── processes ── */

export const recorded = (name) => Number(readFileSync(join(home, `sv/.${name}.proc`), "utf8").split(" ")[0]);
export const children = (pid) => readdirSync("/proc").filter((d) => /^\d+$/.test(d)).filter((d) => {
	try {
		return Number(readFileSync(`/proc/${d}/stat`, "utf8").replace(/.*\) \S /s, "").split(" ")[0]) === pid;
	} catch {
		return false; /* gone meanwhile */
	}
}).map(Number);
export function comm(pid) {
	try {
		return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
	} catch {
		return "";
	}
}
export const sv = (what, name) => run("sv", ["-w", "30", what, join(home, "sv", name)]);

export const answers = (path) => new Promise((done) => {
	const s = connect(path);
	s.on("connect", () => (s.destroy(), done(true)));
	s.on("error", () => done(false));
});

/* The core starts anew with these lines in its environment; "": as it was. */
let script;
export async function coreWith(lines) {
	const at = join(home, "sv/kreide/run"), old = pidsOf("page");
	script ??= readFileSync(at, "utf8");
	writeFileSync(at, script.replace(/^exec chpst/m, `${lines}\nexec chpst`));
	await sv("restart", "kreide");
	await until(30, () => pidsOf("page").some((p) => !old.includes(p)) && answers(join(home, "run/web-page.sock")));
}

/* ── the plan of shim.c, byte by byte ── */

export const kinds = { memory: 1, sync: 2, disk: 4, talk: 8, dieBehind: 16 };
const at = { who: 0, armed: 16, error: 20, at: 24, goOn: 28, seen: 32, fired: 36, segv: 40, abort: 44, call: 48, from: 64, begun: 128, clock: 132, failed: 136, crashed: 616 };
export class Plan {
	constructor(path) {
		this.path = path;
		writeFileSync(path, Buffer.alloc(4096));
	}
	/* Armed last, so that nobody sees half a plan. */
	arm({ who, kind, error = 5, n, goOn = false, from = "" }) {
		const b = Buffer.alloc(132);
		b.write(who.slice(0, 15), at.who);
		b.writeUInt32LE(error, at.error);
		b.writeUInt32LE(n, at.at);
		b.writeUInt32LE(goOn ? 1 : 0, at.goOn);
		b.write(from, at.from);
		const fd = openSync(this.path, "r+");
		writeSync(fd, b, 0, b.length, 0);
		writeSync(fd, Buffer.alloc(960), 0, 960, at.failed);
		b.writeUInt32LE(kind, at.armed);
		writeSync(fd, b, at.armed, 4, at.armed);
		closeSync(fd);
	}
	/* The clock on the wall goes wrong by so many seconds. */
	clock(seconds) {
		const b = Buffer.alloc(4), fd = openSync(this.path, "r+");
		b.writeInt32LE(seconds);
		writeSync(fd, b, 0, 4, at.clock);
		closeSync(fd);
	}
	disarm() {
		const fd = openSync(this.path, "r+");
		writeSync(fd, Buffer.alloc(4), 0, 4, at.armed);
		closeSync(fd);
		return this.read();
	}
	read() {
		const b = readFileSync(this.path), n = (name) => b.readUInt32LE(at[name]);
		const text = (from, most) => b.subarray(from, from + most).toString().replace(/\0.*/s, "");
		return { seen: n("seen"), fired: n("fired"), segv: n("segv"), abort: n("abort"),
			call: text(at.call, 16), failed: text(at.failed, 480), crashed: text(at.crashed, 480) };
	}
}
export const preload = (plan) => `export LD_PRELOAD=${join(work, "shim.so")} KR_SHIM=${plan.path}`;

/* ── files: what is stored against what is known ── */

const real = (folder) => realpathSync(join(home, folder));
export function stored() {
	const top = real("files"), list = new Map();
	for (const dir of readdirSync(top))
		if (/^[0-9a-f]{2}$/.test(dir)) for (const name of readdirSync(join(top, dir))) list.set(name, join(top, dir, name));
	return list;
}
export const incoming = () => readdirSync(real("incoming")).map((n) => join(real("incoming"), n));
const below = (dir) => (existsSync(dir) ? readdirSync(dir, { withFileTypes: true })
	.flatMap((e) => (e.isDirectory() ? below(join(dir, e.name)) : [join(dir, e.name)])) : []);
export const temporary = () => ["tmp/nginx", "tmp/scan"].flatMap((d) => below(join(home, d)));

/* Everything becomes two hours older, then the nightly sweep is due at once. */
export async function sweep() {
	const old = new Date(Date.now() - 2 * 3600 * 1000);
	for (const path of [...stored().values(), ...incoming()]) utimesSync(path, old, old);
	await sql("UPDATE core_file SET created = created - INTERVAL 2 HOUR WHERE attached = 0");
	await sql("UPDATE core_cron SET next_at = UTC_TIMESTAMP(6), ended_at = NULL WHERE id = 'core.sweep'");
	for (const pid of pidsOf("jobs")) process.kill(pid, "SIGTERM");
	return until(60, async () => (await value("SELECT result = 'ok' AND ended_at IS NOT NULL FROM core_cron WHERE id = 'core.sweep'")) === "1", 100);
}

/* No bytes without a row, no row without its bytes, nothing half-written. */
export async function filesAgree(what) {
	/* It takes five hundred of those that wait in vain at a time. */
	const pending = async () => Number(await value("SELECT COUNT(*) FROM core_file WHERE attached = 0"));
	let before, left = Infinity;
	do {
		before = left;
		tally.check(await sweep(), `${what}: the sweep has run`);
		left = await pending();
	} while (left > 0 && left < before);
	const rows = new Map((await sql("SELECT store_key, size FROM core_file")).map(([k, n]) => [k, Number(n)]));
	const files = stored();
	const orphans = [...files.keys()].filter((k) => !rows.has(k)), missing = [...rows.keys()].filter((k) => !files.has(k));
	tally.check(orphans.length === 0, `${what}: files without a row`, () => orphans.join("\n"));
	tally.check(missing.length === 0, `${what}: rows without their file`, () => missing.join("\n"));
	tally.check(incoming().length === 0, `${what}: incoming is empty`, () => incoming().join("\n"));
	tally.check(left === 0, `${what}: no pending rows`, `${left}`);
	return { orphans: orphans.length, missing: missing.length };
}

export function folder(name) {
	mkdirSync(join(work, name), { recursive: true });
	return join(work, name);
}
