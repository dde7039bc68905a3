/* Runs the bench: interleaved rounds of all cases, then what is counted once; the table, the
   verdicts, build/bench.json, build/bench.md and build/bench.svg. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build, close, home, pidsOf, port, requests as log, value } from "../http/world.mjs";
import { cases as makeCases } from "./cases.mjs";
import { extras } from "./extras.mjs";
import { cpu, drain, machine, median, sleep } from "./measure.mjs";
import { startRefs } from "./refs.mjs";
import { report } from "./report.mjs";
import { prepare } from "./school.mjs";

const run = promisify(execFile);
const check = !process.argv.includes("--whole");
const SIZE = check ? { rounds: 1, seconds: 1, open: 8, starts: 1, sessions: 20, growth: 1, waiting: 20 }
	: process.env.QUICK ? { rounds: 2, seconds: 1, open: 32, starts: 2, sessions: 200, growth: 5, waiting: 200 }
		: { rounds: 5, seconds: 3, open: 32, starts: 10, sessions: 1000, growth: Number(process.env.KR_BENCH_GROWTH ?? 90), waiting: 1000 };
const work = mkdtempSync(join(tmpdir(), "kr-bench-wrk."));
const pidIn = (file) => Number(readFileSync(join(home, "run", file), "utf8"));

/* ── one case ── */

const lua = (v) => (typeof v === "object" ? `{${Object.entries(v).map(([k, x]) => `[${lua(k)}]=${lua(x)}`).join(",")}}`
	: `"${String(v).replace(/[\\"\n\r\0]/g, (c) => `\\${c.charCodeAt(0).toString().padStart(3, "0")}`)}"`);

function ask(c, where) {
	return new Promise((done, fail) => {
		const r = c.requests[0];
		const q = http.request({ host: "127.0.0.1", port: where, method: r.method, path: r.path,
			headers: { ...r.headers, ...(r.body ? { "content-length": Buffer.byteLength(r.body) } : {}) } }, (a) => {
			const parts = [];
			a.on("data", (d) => parts.push(d));
			a.on("end", () => done({ status: a.statusCode, id: a.headers["x-request-id"], body: Buffer.concat(parts) }));
		});
		q.on("error", fail);
		q.end(r.body);
	});
}

/* The right answer, its size, and its statements, before anything is timed. */
async function look(c, where) {
	let a = await ask(c, where);
	if (c.on === "core") { /* the first one may have compiled rights or read settings */
		if (!c.status) a = await ask(c, where);
		c.sql = Number((await log.of(a)).queries);
	}
	if (a.status !== (c.status ?? 200) || (c.mark && !a.body.includes(c.mark)))
		throw new Error(`${c.name}: ${a.status}, not the expected answer:\n${a.body.toString("utf8").slice(0, 2000)}`);
	c.bytes = a.body.length;
	c.file = join(work, `${c.name.replace(/\W/g, "-")}.lua`);
	writeFileSync(c.file, `return {${c.requests.map((r) => lua(r)).join(",\n")}}`, "latin1");
}

let runs = 0;
export async function wrk(c, where, { open, seconds, threads = Math.min(2, open) }) {
	const word = `${Date.now().toString(36)}${(++runs).toString(36)}`.padStart(12, "0").slice(-12);
	const r = await run("wrk", [`-t${threads}`, `-c${open}`, `-d${seconds}s`, "--timeout", "20s", "-s",
		new URL("wrk.lua", import.meta.url).pathname, `http://127.0.0.1:${where}/`, "--", c.file, word]);
	const [n, s, p50, p95, p99, max, errors] = r.stdout.match(/RESULT (.*)/)[1].split(" ").map(Number);
	return { n, seconds: s, rps: n / s, p50, p95, p99, max, errors };
}

/* What the groups use of a second with nothing to do: it counts where requests are few. */
async function background(roots) {
	const before = cpu(roots);
	await sleep(1000);
	const after = cpu(roots);
	return Object.fromEntries(Object.keys(roots).map((k) => [k, after[k] - before[k]]));
}

/* CPU time until all is done that the run has caused, by group. */
async function measure(c, at) {
	const roots = at.roots(c), count = async () => (c.done ? Number(await value(c.done)) : 0);
	await drain(roots);
	const idle = c.of === "hash" ? await background(roots) : {};
	const done = await count(), before = cpu(roots);
	const r = await wrk(c, at.port(c), { ...SIZE, open: Math.min(SIZE.open, c.most ?? SIZE.open) });
	await drain(roots);
	const after = cpu(roots), n = c.done ? (await count()) - done : r.n;
	const spent = (k) => Math.max(after[k] - before[k] - (idle[k] ?? 0) * r.seconds, 0);
	const parts = Object.fromEntries(Object.keys(roots).map((k) => [k, spent(k) / Math.max(n, 1)]));
	return { ...r, parts, cpu: Object.values(parts).reduce((a, b) => a + b, 0), finished: n };
}

/* One hash alone, as many at a time as core computes. */
async function hashes() {
	const each = check ? 2 : 6, doors = pidsOf("auth"), from = performance.now();
	const out = await Promise.all(doors.map(() => run(join(build, "bench/hash"), [String(each), "46", "1"])));
	const list = out.flatMap((o) => o.stdout.trim().split("\n").map(Number));
	const wall = (performance.now() - from) / each;
	return { n: list.length, rps: doors.length * 1000 / wall, p50: median(list), p99: Math.max(...list), cpu: median(list), parts: {}, errors: 0, least: Math.min(...list) };
}

/* ── all of them ── */

async function all() {
	const school = await prepare();
	const workers = Math.min(4, cpus().length) * 2; /* as many as core has by default */
	const refs = await startRefs(workers);
	try {
		const list = await makeCases(school), core = { nginx: pidIn("nginx.pid"), core: pidIn("kreide.pid"), db: pidIn("mariadb.pid") };
		const at = {
			port: (c) => (c.on === "core" ? port : refs.port),
			roots: (c) => (c.on === "core" ? core : { nginx: refs.pids.nginx, ...(c.on === "static" ? {} : { core: refs.pids[c.on] }), db: core.db }),
		};
		const since = machine({ ...core, bench: process.pid }); /* the references are its children */
		for (const c of list) await look(c, at.port(c));
		for (const c of check ? [] : list) if (!c.status) await wrk(c, at.port(c), { open: 8, seconds: 1 });
		const rounds = new Map(list.map((c) => [c.name, []]));
		rounds.set("hash", []);
		for (let i = 0; i < SIZE.rounds; i++) {
			for (const c of i % 2 ? [...list].reverse() : list) {
				rounds.get(c.name).push(await measure(c, at));
				if (c.name === "sign-in") rounds.get("hash").push(await hashes());
			}
			if (!check) console.error(`round ${i + 1} of ${SIZE.rounds}`);
		}
		list.push({ name: "hash", what: "one Argon2id hash alone", sql: 0, bytes: 0 });
		const more = await extras({ list, school, at, core, SIZE, wrk });
		return { list, rounds, more, machine: since(), check, SIZE, workers };
	} finally {
		await refs.stop();
	}
}

try {
	process.exitCode = report(await all());
} catch (e) {
	console.log(`${e.stack ?? e}\n${e.stderr ?? ""}\n0 passed, 1 failed`);
	process.exitCode = 1;
} finally {
	rmSync(work, { recursive: true, force: true });
	await close();
}
