/* The program of worker.c under callgrind or strace, asked page by page. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, request } from "../http/fcgi.mjs";
import { encode, formOf } from "../http/client.mjs";
import { build, home, port, sleep, sql } from "../http/world.mjs";

const program = join(build, "count-worker");
const slowLog = join(home, "db/count.log");
const scratch = mkdtempSync(join(tmpdir(), "kr-count."));
let number = 0;

/* Every statement of core's accounts from now on, with the rows it looked at. */
export const logStatements = () => sql(`SET GLOBAL slow_query_log_file = 'count.log', GLOBAL long_query_time = 0,
	GLOBAL slow_query_log = ON`);

/* A home like the instance's, but with plugins from another folder. */
function homeWith(plugins) {
	const at = join(scratch, `home${++number}`);
	mkdirSync(join(at, "etc"), { recursive: true });
	for (const name of ["run", "secret", "files", "incoming"]) symlinkSync(join(home, name), join(at, name));
	const conf = readFileSync(join(home, "etc/kreide.conf"), "utf8");
	writeFileSync(join(at, "etc/kreide.conf"), plugins ? `${conf}\nplugin_dirs = ${plugins}\n` : conf);
	return at;
}

/* "# User@Host: kreide_ro[..", "... Rows_sent: 1  Rows_examined: 5": one entry each. */
export function rowsOf(text) {
	const list = text.split(/^# User@Host: /m).slice(1).filter((e) => /^kreide_(ro|rw|auth)\[/.test(e))
		.map((e) => ({ rows: Number(e.match(/Rows_examined: (\d+)/)?.[1] ?? 0), text: e.split(/SET timestamp=\d+;\n/)[1]?.trim() ?? "" }))
		.filter((e) => e.text !== "" && !/^(COMMIT|ROLLBACK|SET|START|BEGIN|# administrator)/i.test(e.text));
	return { rows: list.reduce((n, e) => n + e.rows, 0), most: list.sort((a, b) => b.rows - a.rows)[0], n: list.length };
}

/* Lines between two accept4() that succeeded are one request. */
export function callsOf(text) {
	/* Whether the answer of the database is waited for depends on how fast it comes. */
	const lines = text.split("\n").filter((l) => /^\w+\(/.test(l) && !/^poll\(| = -1 EAGAIN /.test(l));
	const starts = lines.flatMap((l, i) => (/^accept4\(.*= \d+$/.test(l) ? [i] : []));
	const counts = new Map();
	if (starts.length === 0) return { calls: 0, counts };
	for (const l of lines.slice(starts[starts.length - 1])) {
		const name = l.match(/^\w+/)[0];
		counts.set(name, (counts.get(name) ?? 0) + 1);
	}
	counts.delete("accept4"); /* of the one that follows, which hangs */
	return { calls: 1 + [...counts.values()].reduce((a, b) => a + b, 0), counts };
}

export class Watched {
	constructor(tool, { plugins } = {}) {
		this.tool = tool;
		this.out = join(scratch, `out${number}`);
		this.home = homeWith(plugins);
		this.socket = join(this.home, "s");
		this.served = 0;
		this.log = "";
	}
	async start() {
		const before = { callgrind: ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", `--callgrind-out-file=${this.out}`],
			strace: ["strace", "-o", this.out, "-e", "signal=none"] }[this.tool];
		const [file, ...args] = [...before, program, this.home, this.socket];
		this.child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LD_LIBRARY_PATH: build } });
		this.child.stderr.setEncoding("utf8").on("data", (d) => (this.log += d));
		this.pid = await new Promise((ok, no) => {
			this.child.stdout.once("data", (d) => ok(Number(d)));
			this.child.once("error", no);
			this.child.once("exit", (code) => no(new Error(`${file} ended with ${code}: ${this.log.slice(-600)}`)));
		});
		return this;
	}
	async ask(method, path, cookie, body = "") {
		const form = body ? { CONTENT_TYPE: "application/x-www-form-urlencoded" } : {};
		const a = await request(this.socket, ask(method, path, { HTTP_HOST: `localhost:${port}`, HTTP_COOKIE: cookie, ...form }),
			Buffer.from(body), { wait: 60000 });
		this.served++;
		await until(() => this.queries().length === this.served, `no log line of ${method} ${path}: ${this.log.slice(-300)}`);
		return a;
	}
	queries() {
		return [...this.log.matchAll(/ event=request .* queries=(\d+) /g)].map((m) => Number(m[1]));
	}
	/* One request, looked at. */
	async look(method, path, cookie, body) {
		const at = existsSync(slowLog) ? statSync(slowLog).size : 0;
		const a = await this.ask(method, path, cookie, body), queries = this.queries().at(-1);
		const one = { status: a.status, bytes: Buffer.byteLength(a.body, "latin1"), queries, answer: a };
		if (this.tool === "callgrind") {
			const file = `${this.out}.${this.served}`;
			await until(() => existsSync(file) && /^totals: /m.test(readFileSync(file, "utf8")), `no counts in ${file}`);
			const text = readFileSync(file, "utf8");
			one.instructions = Number(text.match(/^totals: (\d+)/m)[1]);
			one.objects = [...text.matchAll(/^c?ob=\(\d+\) (.+)$/gm)].map((m) => m[1]);
			rmSync(file);
		}
		if (this.tool === "strace") {
			/* What comes after the answer, until nothing more comes. */
			let text = "";
			for (let more = ""; ; text = more) {
				await sleep(30);
				more = readFileSync(this.out, "utf8");
				if (more === text) break;
			}
			Object.assign(one, callsOf(text));
		} else {
			const read = () => rowsOf(readFileSync(slowLog).subarray(at).toString("utf8"));
			await until(() => read().n >= queries, `${queries} statements of ${path}, not as many in the log`);
			Object.assign(one, read());
		}
		return one;
	}
	async stop() {
		if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(`${this.tool} has ended by itself: ${this.log.slice(-300)}`);
		const end = new Promise((ok) => this.child.once("exit", ok));
		process.kill(this.pid, "SIGTERM");
		await end;
	}
}

/* Signing in: the form, then the deed; the figures are the deed's. */
export async function signIn(w, account, password) {
	const page = await w.ask("GET", "/login", "");
	const form = formOf(Buffer.from(page.body, "latin1").toString("utf8"), "/login");
	const cookie = (page.headers["set-cookie"] ?? "").split(";")[0];
	return w.look("POST", "/login", cookie, encode({ ...form.hidden, account, password }));
}

export async function until(good, why, ms = 20000) {
	for (const end = Date.now() + ms; !good(); await sleep(5)) if (Date.now() > end) throw new Error(why);
}

export const cleanUp = () => rmSync(scratch, { recursive: true, force: true });
