/* The figures, and what they may be: a school of a thousand people, then the same one with
   ten thousand, then with plugins. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { password, personId, school, signedIn } from "../bench/data.mjs";
import { build, close, home, kreide, pidsOf, port, sql, value } from "../http/world.mjs";
import { cleanUp, logStatements, signIn, Watched } from "./watched.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const SEED = 7, SMALL = 1000, LARGE = 10000;
const BYTES_OF_SEED = "fb28d4b09838dbe9f6c198f110da7df16571ced1c8a7e59ef623d62c406d0aa3"; /* of 1000 people */
const PLUGINS = { 20: 1.02, 100: 1.10 };     /* that a page may cost more with so many of them */
const GROWTH = 1.25;                         /* with ten times the people */
const PSS_MIB = 8, PSS_GROWTH = 1.01;        /* of a worker */
const OPEN_EACH = 15000;                     /* instructions for a plugin in one's menu */
const USERS = 1000, REQUESTS = 4000;         /* a worker is renewed after 10000 */

/* ── tally ── */

let passed = 0, failed = 0;
function check(good, what) {
	if (good) passed++;
	else {
		failed++;
		console.log(`FAILED ${what}`);
	}
}
const note = (text) => console.log(`  ${text}`);

/* ── the table ── */

const table = readFileSync(join(here, "limits.tsv"), "utf8").split("\n").filter((l) => l && !l.startsWith("#"))
	.map((l) => l.split("\t")).map(([page, who, statements, rows, calls, kib, million]) => ({ page, who, name: `${page} ${who}`,
		statements: Number(statements), calls: Number(calls), rows: most(rows), bytes: most(kib, 1024), instructions: most(million, 1e6) }));
/* "500+20": so many, and 20 more for each further thousand people. */
function most(text, unit = 1) {
	const [n, more] = text.split("+").map(Number);
	const limit = (size) => Math.round((n + (more ?? 0) * (size / 1000 - 1)) * unit);
	return Object.assign(limit, { flat: more === undefined });
}
/* Pages whose figures are compared when plugins come. */
const COMPARED = ["/ pupil", "/tasks pupil", "/tasks/1000001 pupil"];

const people = signedIn(1, SEED, USERS);
const admin = { id: personId(0, 999), cookie: createHash("sha256").update("admin").digest("base64url") };
const cookieOf = (who) => (who === "nobody" ? "" : `kr=${(who === "admin" ? admin : people.find((p) => p.role === who)).cookie}`);

/* ── steps ── */

async function load(options) {
	const client = spawn("mariadb", ["--no-defaults", `--socket=${join(home, "run/mysql.sock")}`, "kreide"], { stdio: ["pipe", "inherit", "inherit"] });
	const end = new Promise((ok) => client.on("exit", ok));
	for (const piece of school({ seed: SEED, ...options }))
		if (!client.stdin.write(piece)) await new Promise((ok) => client.stdin.once("drain", ok));
	client.stdin.end();
	if ((await end) !== 0) throw new Error("the generated school cannot be loaded");
	/* The same plans each time: statistics of all that is there, not of a moment of loading. */
	const tables = (await sql(`SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables
		WHERE table_schema LIKE 'kreide%' AND table_type = 'BASE TABLE'`)).map(([t]) => t);
	await sql(`SET GLOBAL innodb_stats_auto_recalc = OFF, innodb_stats_persistent_sample_pages = 2000; ANALYZE TABLE ${tables.join()}`);
}

function sameBytes() {
	const hash = (seed) => {
		const h = createHash("sha256");
		for (const piece of school({ people: SMALL, seed, sessions: signedIn(1, seed, 10) })) h.update(piece);
		return h.digest("hex");
	};
	check(hash(SEED) === BYTES_OF_SEED, `the school of seed ${SEED} has other bytes: ${hash(SEED)}`);
	check(hash(SEED + 1) !== BYTES_OF_SEED, "another seed gives the same school");
}

/* Whatever core would have written itself is as core computes it. */
function closures() {
	const r = spawnSync(join(build, "count-worker"), [home, "--closure"], { encoding: "utf8", env: { ...process.env, LD_LIBRARY_PATH: build } });
	check(r.status === 0 && r.stdout.trim() === "0", `closures of the generated school: ${r.stdout}${r.stderr}`);
}

async function administrator() {
	await sql(`INSERT INTO core_session (hash, person_id, csrf, created, seen, fresh, expires, net, agent) SELECT
		UNHEX(SHA2('${admin.cookie}', 256)), ${admin.id}, UNHEX(SHA2('x', 256)), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),
		UTC_TIMESTAMP(6) + INTERVAL 8 HOUR, '', ''`);
}

/* Every page of the table once it is warm; of two looks the cheaper one. */
async function sweep(tool, { plugins, names, guests = 0 } = {}) {
	const w = await new Watched(tool, { plugins }).start(), seen = new Map();
	let guest = guests;
	for (const row of table.filter((r) => names === undefined || names.includes(r.name))) {
		const look = row.page === "POST /login"
			? () => signIn(w, people[guest++].account, password)
			: () => w.look("GET", row.page, cookieOf(row.who));
		await look();
		const a = await look(), b = await look();
		check(a.status === (row.page === "POST /login" ? 303 : 200), `${row.name}: status ${a.status}`);
		seen.set(row.name, (a.instructions ?? a.calls) <= (b.instructions ?? b.calls) ? a : b);
	}
	await w.stop();
	return seen;
}

function within(seen, size) {
	for (const row of table) {
		const s = seen.get(row.name), at = `${row.name} with ${size} people`;
		check(s.queries <= row.statements, `${at}: ${s.queries} statements, at most ${row.statements}`);
		check(s.rows <= row.rows(size), `${at}: ${s.rows} rows looked at, at most ${row.rows(size)}; most of them for: ${s.most?.rows} ${s.most?.text.slice(0, 300)}`);
		check(s.bytes <= row.bytes(size), `${at}: ${s.bytes} bytes, at most ${row.bytes(size)}`);
		check(s.instructions <= row.instructions(size), `${at}: ${s.instructions} instructions, at most ${row.instructions(size)}`);
		if (process.env.KR_TEST_SHOW)
			note(`${at}: ${s.queries} statements, ${s.rows} rows, ${s.bytes} bytes, ${(s.instructions / 1e6).toFixed(2)} million instructions`);
	}
}

function grown(before, after) {
	for (const { name, ...row } of table) {
		const a = before.get(name), b = after.get(name);
		check(a.queries === b.queries, `${name}: ${a.queries} statements with ${SMALL} people, ${b.queries} with ${LARGE}`);
		for (const what of ["rows", "bytes", "instructions"].filter((w) => row[w].flat))
			check(b[what] <= a[what] * GROWTH, `${name}: ${a[what]} ${what} with ${SMALL} people, ${b[what]} with ${LARGE}`);
	}
}

async function calls() {
	const works = spawnSync("strace", ["-o", "/dev/null", "true"]);
	if (works.status !== 0) return note(`system calls are left out: strace is not let do its work here (${works.error ?? works.stderr})`);
	const seen = await sweep("strace", { guests: 300 });
	for (const row of table) {
		const s = seen.get(row.name);
		check(s.calls > 3 && s.calls <= row.calls, `${row.name}: ${s.calls} system calls, at most ${row.calls}: ${JSON.stringify(Object.fromEntries(s.counts))}`);
		if (process.env.KR_TEST_SHOW) note(`${row.name}: ${s.calls} system calls`);
	}
}

/* ── plugins that do nothing ── */

async function policies(n, roles) {
	await sql("DELETE FROM core_policy WHERE module LIKE 'noop%'");
	if (roles)
		await sql(`INSERT INTO core_policy (module, roles, from_day, decision, opened_by, opened_at) SELECT
			CONCAT('noop', LPAD(seq, 3, '0')), ${roles}, UTC_DATE() - INTERVAL 1 DAY, 'x', 0, UTC_TIMESTAMP(6) FROM seq_1_to_${n}`);
	await sql("UPDATE core_epoch SET value = value + 1 WHERE name = 'rights'");
}

async function withPlugins(base) {
	const folder = join(home, "noop");
	for (const n of Object.keys(PLUGINS)) {
		const r = spawnSync(join(here, "../bench/noop.sh"), [n, join(folder, n)], { encoding: "utf8", env: { ...process.env, KREIDE_BUILD: build } });
		if (r.status !== 0) throw new Error(`noop.sh: ${r.stderr}`);
	}
	for (const [n, most] of Object.entries(PLUGINS))
		for (const [state, roles] of n === "20" ? [["closed", 0]] : [["closed", 0], ["open to others", 2]]) {
			await policies(n, roles);
			const seen = await sweep("callgrind", { plugins: join(folder, n), names: COMPARED });
			for (const name of COMPARED) {
				const a = base.get(name), b = seen.get(name), ratio = b.instructions / a.instructions;
				check(ratio <= most, `${name}: ${ratio.toFixed(4)} times the instructions with ${n} plugins ${state}, at most ${most}`);
				check(a.queries === b.queries, `${name}: ${a.queries} statements, ${b.queries} with ${n} plugins ${state}`);
				check(a.bytes === b.bytes, `${name}: ${a.bytes} bytes, ${b.bytes} with ${n} plugins ${state}`);
				check(!b.objects.some((o) => o.includes("noop")), `${name}: runs code of plugins that are ${state}`);
				if (process.env.KR_TEST_SHOW) note(`${name}: ${ratio.toFixed(4)} with ${n} plugins ${state}`);
			}
		}
	/* Open to him, each adds a row to his menu and a tile to his start page. */
	await policies(100, 31);
	const seen = await sweep("callgrind", { plugins: join(folder, "100"), names: COMPARED });
	for (const name of COMPARED) {
		const a = base.get(name), b = seen.get(name), each = (b.instructions - a.instructions) / 100;
		check(a.queries === b.queries, `${name}: ${a.queries} statements, ${b.queries} with 100 plugins in use`);
		check(b.bytes > a.bytes && b.bytes <= a.bytes + 100 * 600, `${name}: ${a.bytes} bytes, ${b.bytes} with 100 plugins in the menu`);
		check(each <= OPEN_EACH, `${name}: ${Math.round(each)} instructions for each plugin in the menu, at most ${OPEN_EACH}`);
		/* The code that draws the tiles: so it would be seen above. */
		check(b.objects.some((o) => o.includes("noop")) === (name === "/ pupil"), `${name}: code of plugins ${b.objects.filter((o) => o.includes("noop")).length}`);
		if (process.env.KR_TEST_SHOW) note(`${name}: ${Math.round(each)} instructions, ${(b.bytes - a.bytes) / 100} bytes for each of 100 plugins in the menu`);
	}
	await policies(100, 0);
}

/* ── memory of a worker that serves behind nginx ── */

const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
const get = (path, cookie) => new Promise((ok, no) => http.get({ host: "127.0.0.1", port, path, agent, headers: { host: `localhost:${port}`, cookie } }, (r) => {
	r.on("error", no).on("end", () => ok(r.statusCode)).resume();
}).on("error", no));

function pss(pid) {
	try {
		return Number(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").match(/^Pss:\s+(\d+) kB/m)[1]);
	} catch (e) {
		if (e.code === "EACCES" || e.code === "EPERM") return undefined;
		throw e;
	}
}

async function memory() {
	const [pid] = pidsOf("page"), pages = ["/", "/tasks", "/tasks/1000001", "/news"];
	const wrong = new Map();
	const serve = async (n, path) => {
		const one = async (i) => {
			const status = await get(path(i), `kr=${people[i % USERS].cookie}`);
			if (status !== 200 && status !== 404) wrong.set(status, (wrong.get(status) ?? 0) + 1);
		};
		for (let i = 0; i < n; i += 2) await Promise.all([one(i), one(i + 1)]);
	};
	if (pss(pid) === undefined) return note("memory is left out: only root may read it of a process that gave up its rights");
	await serve(USERS, () => "/");
	await serve(USERS, (i) => pages[i % pages.length]);
	const before = pss(pid);
	await serve(REQUESTS, (i) => pages[i % pages.length]);
	const after = pss(pid);
	check(wrong.size === 0, `answers: ${JSON.stringify([...wrong])}`);
	check(pidsOf("page")[0] === pid, "the worker is another one now");
	check(after <= PSS_MIB * 1024, `a worker has ${after} kB after ${USERS} people, at most ${PSS_MIB} MiB`);
	/* Beside the percentage some pages that are shared with fewer neighbours now. */
	check(after <= before * PSS_GROWTH + 64, `a worker has grown from ${before} kB to ${after} kB in ${REQUESTS} requests`);
	note(`a worker: ${before} kB after ${2 * USERS} requests of ${USERS} people, ${after} kB after ${REQUESTS} more`);
}

/* ── */

async function run() {
	const began = Date.now(), lap = (what) => note(`${what}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
	sameBytes();
	await load({ people: SMALL, sessions: people });
	await administrator();
	await logStatements();
	closures();
	lap("loaded");
	const small = await sweep("callgrind");
	within(small, SMALL);
	lap("small");
	await load({ people: LARGE, after: SMALL });
	closures();
	const large = await sweep("callgrind", { guests: 100 });
	within(large, LARGE);
	grown(small, large);
	lap("large");
	await calls();
	lap("calls");
	await withPlugins(large);
	lap("plugins");
	await sql("SET GLOBAL slow_query_log = OFF");
	await memory();
	lap("memory");
}

try {
	await run();
} catch (e) {
	check(false, e.stack);
}
cleanUp();
close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
