/* The instance under test from outside and inside: its people, commands, services,
   database and logs. */
import { execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Browser } from "./client.mjs";

export const home = process.env.KR_TEST_HOME;
export const port = Number(process.env.KR_TEST_PORT);
export const build = process.env.KREIDE_BUILD || "build";
/* Times are stretched where the program is slowed down on purpose (sanitizers). */
export const slow = Number(process.env.KR_TEST_SLOW || 1);
export const demoPassword = "Kreide-demo-1";
/* The school's day, which is not that of UTC for an hour or two. */
export const today = () => new Date().toLocaleDateString("sv-SE", { timeZone: "Europe/Berlin" });
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/* ── commands ── */

const run = promisify(execFile);

/* The administrator's command; exit codes other than 0 come back, they do not throw. */
export async function kreide(...args) {
	try {
		const r = await run(join(build, "kreide"), ["--home", home, ...args], {
			maxBuffer: 1 << 26, env: { ...process.env, LC_ALL: "C.UTF-8" } });
		return { code: 0, out: r.stdout, err: r.stderr };
	} catch (e) {
		return { code: e.code, out: e.stdout ?? "", err: e.stderr ?? String(e) };
	}
}

const down = new Set();
export async function service(name, what) {
	if (what === "stop") down.add(name);
	else down.delete(name);
	await run("sv", ["-w", "30", what, join(home, "sv", name)]);
	if (name === "mariadb") client.hangUp(); /* it would not come back by itself */
}

const pidIn = (file) => Number(readFileSync(join(home, "run", file), "utf8").trim());

/* "mariadbd" or a process of core's own: "jobs", "auth", "page" ... */
export function pidsOf(name) {
	if (name === "mariadbd") return [pidIn("mariadb.pid")];
	const master = pidIn("kreide.pid");
	return readdirSync("/proc").filter((d) => /^\d+$/.test(d)).filter((pid) => {
		try {
			const [, comm, rest] = readFileSync(`/proc/${pid}/stat`, "utf8").match(/\((.*)\) (.*)/s);
			return comm === `kreide-${name}` && Number(rest.split(" ")[1]) === master;
		} catch {
			return false; /* gone meanwhile */
		}
	}).map(Number);
}

const stopped = new Set();
export function signal(name, which) {
	const list = pidsOf(name);
	if (which === "STOP") stopped.add(name);
	else stopped.delete(name);
	if (list.length === 0) throw new Error(`no process ${name}`);
	for (const pid of list) process.kill(pid, `SIG${which}`);
}

/* Jobs hold still, for they write by themselves; but not amid a transaction, whose locks
   others would wait for. What the server says of those is up to 100 ms old. */
export async function holdJobs() {
	for (;;) {
		signal("jobs", "STOP");
		const open = await value(`SELECT COUNT(*) FROM information_schema.INNODB_TRX t
			JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id WHERE p.USER = 'kreide_jobs'`);
		if (Number(open) === 0) return;
		signal("jobs", "CONT");
		await sleep(150);
	}
}

/* New workers for these pools: none of them is worn out soon (after 10,000 requests, see
   core/proc/worker.c), so one that is gone has died. */
export async function workersAnew(names) {
	for (const name of names) {
		const old = pidsOf(name);
		signal(name, "TERM");
		while (pidsOf(name).some((pid) => old.includes(pid)) || pidsOf(name).length < old.length) await sleep(20);
	}
}

/* Landlock knows a folder as it was when the process began: what is mounted over it later
   is closed to it. So those that store files begin again. */
const storeAnew = () => workersAnew(["page", "save", "slow", "must"]);

/* Small disks; only root can mount one. For uploads: 64 kB where they arrive. For the
   database: its files on a disk that is full; what is written there is lost with it. */
const mounted = new Set();
const disks = {
	uploads: {
		full: async () => {
			const at = realpathSync(join(home, "incoming")), { uid, gid } = statSync(at);
			await run("mount", ["-t", "tmpfs", "-o", `size=64k,mode=0700,uid=${uid},gid=${gid}`, "tmpfs", at]);
			await storeAnew();
		},
		free: async () => {
			await run("umount", [realpathSync(join(home, "incoming"))]);
			await storeAnew();
		},
	},
	database: {
		full: async () => {
			const at = realpathSync(join(home, "db")), { uid, gid } = statSync(at);
			const copy = join(home, "db.copy");
			const used = Number((await run("du", ["-sk", at])).stdout.split("\t")[0]);
			await service("mariadb", "stop");
			await run("cp", ["-a", at, copy]);
			await run("mount", ["-t", "tmpfs", "-o", `size=${used + 20480}k,mode=0700,uid=${uid},gid=${gid}`, "tmpfs", at]);
			await run("cp", ["-a", `${copy}/.`, at]);
			rmSync(copy, { recursive: true });
			await service("mariadb", "start");
			await run("dd", ["if=/dev/zero", `of=${join(at, "ballast")}`, "bs=64k"]).catch(() => {});
			/* And the room within the table. */
			const row = `INSERT INTO tasks_task (rev, title, body, group_id, due, owner_id, created, changed)
				SELECT 1, 'Ballast', REPEAT('x', 3000), group_id, due, 0, created, changed FROM tasks_task LIMIT 1`;
			for (let i = 0; i < 500; i++) if (!(await sql(row).then(() => true, () => false))) return;
			throw new Error("the disk does not become full");
		},
		free: async () => {
			await service("mariadb", "stop");
			await run("umount", [realpathSync(join(home, "db"))]);
			await service("mariadb", "start");
		},
	},
};
export async function disk(which, what) {
	if (what === "full") mounted.add(which);
	else mounted.delete(which);
	await disks[which][what]();
}

/* Whatever a test that broke off has left: everything runs again. */
export async function calm() {
	for (const name of [...stopped]) signal(name, "CONT");
	for (const name of [...down]) await service(name, "start");
	for (const which of [...mounted]) await disk(which, "free");
}

/* ── database: one client of MariaDB's own, asked again and again ── */

class Sql {
	constructor() {
		this.queue = Promise.resolve();
		this.number = 0;
	}
	open() {
		const p = spawn("mariadb", ["--no-defaults", `--socket=${join(home, "run/mysql.sock")}`, "--batch", "--raw",
			"--skip-column-names", "--unbuffered", "--force", "--default-character-set=utf8mb4", "kreide"]);
		p.stdin.on("error", () => {});
		p.on("exit", () => {
			if (this.client === p) this.client = undefined;
		});
		this.client = p;
	}
	/* Rows as lists of text. */
	ask(text) {
		const next = this.queue.then(() => this.one(text));
		this.queue = next.catch(() => {});
		return next;
	}
	one(text) {
		if (this.client === undefined) this.open();
		const p = this.client, marker = `-- ${++this.number} --`;
		return new Promise((done, fail) => {
			let got = "", wrong = "";
			const out = (d) => {
				got += d;
				if (got === `${marker}\n` || got.endsWith(`\n${marker}\n`)) finish();
			};
			const err = (d) => (wrong += d);
			const finish = () => {
				p.stdout.off("data", out);
				p.stderr.off("data", err);
				p.off("exit", finish);
				const rows = got.slice(0, got.length - marker.length - 1).split("\n").slice(0, -1);
				/* What went wrong was written before the marker, on the other pipe. */
				setImmediate(() => (wrong || !got.endsWith(`${marker}\n`)
					? fail(new Error(`${wrong || "no database"} in: ${text.slice(0, 300)}`))
					: done(rows.map((r) => r.split("\t")))));
			};
			p.stdout.setEncoding("utf8").on("data", out);
			p.stderr.setEncoding("utf8").on("data", err);
			p.on("exit", finish);
			p.stdin.write(`${text.replace(/;?\s*$/, "")};\nSELECT '${marker}';\n`);
		});
	}
	close() {
		this.client?.stdin.end();
	}
	hangUp() {
		this.client?.kill();
		this.client = undefined;
	}
}
const client = new Sql();
export const sql = (text) => client.ask(text);
export const value = async (text) => (await client.ask(text))[0]?.[0];
export const hangUp = () => client.hangUp();
export const quote = (s) => `'${String(s).replace(/[\\']/g, (c) => `\\${c}`)}'`;

/* ── logs ── */

/* Lines of the requests so far, by their number; read on from where we were. */
class RequestLog {
	constructor() {
		this.lines = new Map();
		this.rest = "";
		this.at = 0;
	}
	read() {
		const fd = openSync(join(home, "log/kreide/current"), "r");
		const size = fstatSync(fd).size, b = Buffer.alloc(Math.max(size - this.at, 0));
		readSync(fd, b, 0, b.length, this.at);
		closeSync(fd);
		this.at += b.length;
		const lines = (this.rest + b.toString("utf8")).split("\n");
		this.rest = lines.pop();
		for (const line of lines) {
			if (!line.includes(" event=request ")) continue;
			const one = Object.fromEntries([...line.matchAll(/ (\w+)=(\S+)/g)].map(([, k, v]) => [k, v]));
			this.lines.set(one.id, one);
		}
	}
	/* The line is written after the answer. */
	async of(answer) {
		for (let i = 0; i < 200; i++) {
			if (!this.lines.has(answer.id)) this.read();
			if (this.lines.has(answer.id)) return this.lines.get(answer.id);
			await sleep(10);
		}
		throw new Error(`no log line of request ${answer.id}`);
	}
}
export const requests = new RequestLog();

/* Every file below HOME/log as text; but for log/stack, where the start of a demo tells its
   sign-ins to whoever started it. */
export function allLogs(dir = join(home, "log")) {
	return readdirSync(dir).filter((name) => name !== "stack").flatMap((name) => {
		const path = join(dir, name), s = statSync(path);
		return s.isDirectory() ? allLogs(path) : s.isFile() ? [[path, readFileSync(path, "latin1")]] : [];
	});
}

/* The payload of core/app/sign.c: file, session, expiry, download, and half an HMAC. */
export function signed(address, seconds, file) {
	const p = Buffer.from(address.replace(/^\/f\//, ""), "base64url");
	if (file !== undefined) p.writeBigInt64LE(BigInt(file), 0);
	p.writeUInt32LE(Math.floor(Date.now() / 1000) + seconds, 16);
	createHmac("sha256", readFileSync(join(home, "secret/url.key"))).update(p.subarray(0, 21)).digest().copy(p, 21, 0, 16);
	return `/f/${p.toString("base64url")}`;
}

export function filesBelow(folder) {
	const below = (dir) => readdirSync(dir, { withFileTypes: true })
		.reduce((n, e) => n + (e.isDirectory() ? below(join(dir, e.name)) : 1), 0);
	return below(realpathSync(join(home, folder)));
}

/* ── people ── */

export const people = {};
export const browser = () => new Browser(port);

async function add(name, account, password) {
	const [[id, roles]] = await sql(`SELECT id, roles FROM core_person WHERE account = ${quote(account)}`);
	people[name] = { name, account, id: Number(id), roles: Number(roles), password, browser: browser() };
	await people[name].browser.signIn(account, password);
}

/* The printed code, as everybody's first sign-in. */
export async function activate(account, password) {
	const r = JSON.parse((await kreide("user", "code", account, "--json")).out);
	const code = r.code ?? r[0].code, b = browser();
	await b.post("/activate", { code }, { on: "/activate" });
	const a = await b.post("/activate", { password, password2: password });
	if (a.status !== 303) throw new Error(`${account} cannot activate: ${a.status}`);
	return b;
}

const newPassword = "Regenbogen-7-Krokodil";
async function addActivated(name, account) {
	await activate(account, newPassword);
	await add(name, account, newPassword);
}

const oneOf = (where) => value(`SELECT p.account FROM core_person p WHERE p.state = 'active' AND ${where}
	ORDER BY p.id LIMIT 1`);
const inClass = (name, role) => `p.id IN (SELECT m.person_id FROM core_my_group m JOIN core_group g ON g.id = m.group_id
	AND g.kind = 'class' AND g.name = '${name}' WHERE m.role = ${role})`;

/* Two classes with two teachers who have nothing to do with each other, a parent, the
   office, an administrator who also teaches (admin) and one who does not (keeper). */
export async function meet() {
	await add("pupil", "schueler", demoPassword);
	await add("teacher", "lehrerin", demoPassword);
	await add("parent", "elternteil", demoPassword);
	await add("admin", "admin", demoPassword);
	await addActivated("pupil7c", await oneOf(`p.roles = 1 AND ${inClass("7c", 1)}`));
	await addActivated("colleague", await oneOf(`p.roles = 2 AND ${inClass("7c", 3)} AND NOT ${inClass("7b", 2)}`));
	await addActivated("staff", await oneOf("p.roles = 8"));
	const k = JSON.parse((await kreide("user", "add", "--given", "Grete", "--family", "Schlüter", "--role", "admin",
		"--json")).out);
	await addActivated("keeper", k.account);
	people.nobody = { name: "nobody", account: "", id: 0, roles: 0, browser: browser() };
}

/* News is open to all in a demo. Parents have no tasks, the office has no right to them:
   closed and open without a right are two answers. */
export async function openModules() {
	await kreide("module", "open", "tasks", "--roles", "pupil,teacher,staff", "--decision", "Schulkonferenz, TOP 5");
}

export const group = async (name) => Number(await value(`SELECT id FROM core_group WHERE kind = 'class'
	AND name = ${quote(name)} ORDER BY id DESC LIMIT 1`));

export async function close() {
	client.close();
}
