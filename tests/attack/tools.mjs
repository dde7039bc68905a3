/* sqlmap and wapiti against sign-in, task and news forms, signed in as a teacher: nothing
   is found, and both find the holes of leaky.mjs. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "../http/client.mjs";
import { group, port, sleep, sql } from "../http/world.mjs";
import { from, whole, seed, somebody } from "./lib.mjs";
import { leaky } from "./leaky.mjs";

/* A program, ended after so many seconds; what it said. */
function run(command, args, seconds, dir) {
	return new Promise((done) => {
		let out = "";
		const p = spawn(command, args, { env: { ...process.env, HOME: dir, XDG_DATA_HOME: dir, PYTHONHASHSEED: String(seed) } });
		const timer = setTimeout(() => p.kill("SIGTERM"), seconds * 1000);
		p.stdout.on("data", (d) => (out += d));
		p.stderr.on("data", (d) => (out += d));
		p.on("close", (code) => {
			clearTimeout(timer);
			done({ code, out });
		});
	});
}

/* The scanners stop by the clock: on a busy machine they get more of it. */
async function patiently(seconds, work, enough) {
	for (let times = 1; ; times *= 2) {
		const r = await work(seconds * times);
		if (enough(r) || times >= 8) return r;
	}
}

/* ── sqlmap ── */

async function sqlmap(dir, { url, data, cookie, params, seconds, fresh }) {
	const args = ["-u", url, "--batch", "--level", "3", "--risk", "1", "--dbms", "MySQL", "--technique", whole ? "BEUST" : "E", "-p", params.join(","), "--ignore-code", "400,403,404,413,422,429,500",
		"--time-sec", "2", "--threads", "1", "--output-dir", join(dir, `out${Math.random()}`), "--flush-session", "--disable-coloring", "-v", "3", "--keep-alive", "--timeout", "10", "--retries", "0"];
	if (data) args.push("--data", data);
	if (cookie) args.push("--cookie", cookie, "--param-del=&");
	/* A form is sent once: each try brings a number of its own. */
	if (fresh) args.push("--eval", "import uuid;_nonce=uuid.uuid4().hex");
	const { out } = await run("sqlmap", args, seconds, dir);
	return { out, found: /sqlmap identified the following injection point|is vulnerable/.test(out) || /Parameter: \S+ \((POST|GET|Cookie)\)/.test(out),
		tested: params.filter((p) => new RegExp(`testing (if|for SQL injection on) (POST|GET)? ?parameter '${p}'|parameter '${p}'`).test(out)),
		payloads: (out.match(/\[PAYLOAD\]/g) ?? []).length, dynamic: out.slice(-1500) };
}

async function forms(teacher) {
	const b = teacher.browser, csrf = await b.csrf();
	const stranger = from(900), login = await stranger.form("/login", "/login");
	const jar = (x) => [...x.jar].map(([k, v]) => `${k}=${v}`).join("; "), u = `http://localhost:${port}`;
	await b.post("/news/new", { title: "Ziel", category: "general", body: "x", audience_id: "all" }, { on: "/news/new" });
	const list = [
		{ name: "sign-in", url: `${u}/login`, data: encode({ _csrf: login.hidden._csrf, account: "schueler", password: "falsch", to: "/" }), cookie: jar(stranger), params: ["account", "password", "to"] },
		{ name: "task", url: `${u}/tasks/new`, data: encode({ _csrf: csrf, _nonce: "x", title: "Sieb", group: await group("7b"), due: "2031-03-20T18:00", body: "Text" }), cookie: jar(b), params: ["title", "group", "due", "body"], fresh: true },
		{ name: "news", url: `${u}/news/new`, data: encode({ _csrf: csrf, _nonce: "x", title: "Sieb", category: "general", audience_id: "all", body: "Text", starts: "", ends: "" }), cookie: jar(b), params: ["title", "category", "audience_id", "body"], fresh: true },
		{ name: "search", url: `${u}/news?${encode({ category: "general", q: "a", sort: "starts", after: "1" })}`, cookie: jar(b), params: ["category", "q", "sort", "after"] },
	];
	return list;
}

async function withSqlmap(tally, teacher, dir) {
	const seconds = whole ? 300 : 14, list = await forms(teacher);
	const hole = await leaky();
	try {
		const r = await sqlmap(dir, { url: hole.url, data: "account=admin&password=active", params: ["account"], seconds: 60 });
		tally.check(r.found, "sqlmap does not see the hole of leaky.mjs: it is asleep", r.dynamic);
		tally.note(`tools: sqlmap finds the hole after ${r.payloads} payloads`);
	} finally {
		hole.close();
	}
	/* The limiter's rows go while it works: it shall meet the statement, not the wait. */
	let working = true;
	const sweeper = (async () => {
		while (working) {
			await sql("DELETE FROM kreide_auth.attempt");
			await sleep(100);
		}
	})();
	try {
		for (const f of list) {
			const enough = (r) => r.found || (r.tested.length >= (whole ? f.params.length : 1) && r.payloads >= (whole ? 200 : 30));
			const r = await patiently(seconds, (s) => sqlmap(dir, { ...f, seconds: s }), enough);
			tally.check(!r.found, `sqlmap: ${f.name}`, r.dynamic);
			tally.check(enough(r), `sqlmap: ${f.name}: only ${r.payloads} payloads at ${r.tested.join(" ") || "nothing"}`, r.dynamic);
			tally.note(`tools: sqlmap, ${f.name}: ${r.payloads} payloads at ${r.tested.join(", ")}`);
		}
	} finally {
		working = false;
		await sweeper;
	}
}

/* ── wapiti ── */

/* Between wapiti and us: it sends each form again and again, without what it does not know
   and as its page said. Here each try is a form of its own, whole but for what is tried. */
function between(good) {
	const server = http.createServer((q, r) => {
		const parts = [];
		q.on("data", (d) => parts.push(d));
		q.on("end", () => {
			const f = new URLSearchParams(Buffer.concat(parts).toString());
			for (const [k, v] of Object.entries(good)) {
				/* Of all the boxes that it ticks the one that it has changed, or the first. */
				const list = f.getAll(k), odd = list.find((x) => list.length > 1 && !/^\w+:\d+$/.test(x));
				f.set(k, odd || list[0] || v);
			}
			f.set("_nonce", randomUUID().replaceAll("-", ""));
			const body = q.method === "POST" ? f.toString() : "";
			const ask = http.request({ host: "127.0.0.1", port, path: q.url, method: q.method, headers: { ...q.headers, host: `localhost:${port}`,
				"accept-encoding": "identity", "content-length": Buffer.byteLength(body) } }, (a) => {
				const got = [];
				a.on("data", (d) => got.push(d));
				a.on("end", () => {
					const text = Buffer.concat(got).toString().replaceAll(' enctype="multipart/form-data"', "").replace(/<input[^>]*type="file"[^>]*>/g, "");
					const { "content-length": _, "transfer-encoding": __, ...headers } = a.headers;
					r.writeHead(a.statusCode, headers).end(text);
				});
			});
			ask.on("error", () => r.destroy());
			ask.end(body);
		});
	});
	return new Promise((done) => server.listen(0, "127.0.0.1", () => done({ url: `http://localhost:${server.address().port}`,
		close: () => { server.closeAllConnections(); server.close(); } })));
}

async function wapiti(dir, name, { url, start = [], cookies, seconds, modules, scope = "page" }) {
	const report = join(dir, `${name}.json`);
	const args = ["-u", url, "--scope", scope, "-m", modules, "-f", "json", "-o", report, "--max-scan-time", String(Math.round(seconds / 2)), "--max-attack-time", String(Math.round(seconds / modules.split(",").length)),
		"-d", "2", "--max-links-per-page", "30", "--flush-session", "--store-session", join(dir, `${name}.session`), "--store-config", join(dir, "config"), "--no-bugreport", "-v", "2", "-t", "10",
		"--skip", "_csrf", "--skip", "_nonce", ...start.flatMap((s) => ["-s", s])];
	if (cookies) args.push("-H", `Cookie: ${[...cookies].map(([k, v]) => `${k}=${v}`).join("; ")}`);
	const { out } = await run("wapiti", args, seconds * 2 + 30, dir);
	if (process.env.DEBUG) writeFileSync(`/tmp/kr-wapiti-${name}.log`, out);
	let found = {}, pages = 0;
	try {
		const r = JSON.parse(readFileSync(report, "utf8"));
		found = { ...r.vulnerabilities, ...r.anomalies };
		pages = r.infos.crawled_pages ?? 0;
	} catch (e) {
		out.concat(String(e));
	}
	const list = Object.entries(found).flatMap(([kind, items]) => items.map((i) => `${kind}: ${i.method} ${i.path} ${i.parameter} ${i.info}`));
	return { out, list, pages, sent: (out.match(/^\[[¨+]\]|^(GET|POST) http/gm) ?? []).length };
}

async function withWapiti(tally, teacher, dir) {
	const seconds = whole ? 300 : 12, modules = whole ? "sql,blindsql,xss,permanentxss,exec,file,redirect,crlf,xxe,ssrf" : "sql,xss,redirect";
	const hole = await leaky();
	try {
		const both = (r) => r.list.some((x) => /SQL/i.test(x)) && r.list.some((x) => /Cross Site|XSS/i.test(x));
		const r = await patiently(16, (seconds) => wapiti(dir, "hole", { url: hole.url, seconds, modules: "sql,xss" }), both);
		tally.check(both(r), "wapiti does not see the holes of leaky.mjs: it is asleep", `${r.list.join("\n")}\n${r.out.slice(-800)}`);
		tally.note(`tools: wapiti finds ${r.list.length} holes of leaky.mjs`);
	} finally {
		hole.close();
	}
	const count = async () => Number((await sql("SELECT (SELECT COUNT(*) FROM news_item) + (SELECT COUNT(*) FROM tasks_task)"))[0][0]);
	const places = [["sign-in", "/login", undefined, { account: "schueler", password: "x" }],
		["tasks", "/tasks/new", teacher.browser.jar, { title: "Sieb", group: await group("7b"), due: "2031-03-20T18:00", body: "x" }],
		["news", "/news/new", teacher.browser.jar, { title: "Sieb", category: "general", audience_id: "all", body: "x" }]];
	for (const [name, path, cookies, good] of places) {
		const least = whole ? 100 : 30, before = await count(), door = await between(good), url = door.url + path;
		const r = await patiently(seconds, (s) => wapiti(dir, name, { url, start: [url, `${door.url}/news?q=a&category=general`], cookies, seconds: s, modules }),
			(r) => r.list.length || r.sent >= least);
		door.close();
		/* A refused form is no hole, and a wait is a wait. */
		const holes = r.list.filter((x) => !/^(Internal Server Error|Resource consumption)/.test(x)), written = await count() - before;
		tally.check(holes.length === 0, `wapiti: ${name}`, holes.join("\n"));
		tally.check(!r.list.some((x) => x.startsWith("Internal Server Error")), `wapiti: ${name}: broken`, r.list.join("\n"));
		tally.check(r.sent >= least, `wapiti: ${name}: only ${r.sent} attacks`, r.out.slice(-800));
		tally.check(name === "sign-in" || written > 0, `wapiti: ${name}: nothing was written: it has not come to the database`);
		tally.note(`tools: wapiti, ${name}: ${r.sent} requests told, ${written} written, ${r.list.length} findings`);
	}
}

export default async function (tally) {
	const dir = mkdtempSync(join(tmpdir(), "kr-tools."));
	try {
		const teacher = await somebody("teacher", { given: "Toni", group: "7b" });
		await withSqlmap(tally, teacher, dir);
		await withWapiti(tally, teacher, dir);
	} finally {
		await sql("DELETE FROM kreide_auth.attempt");
		rmSync(dir, { recursive: true, force: true });
	}
}
