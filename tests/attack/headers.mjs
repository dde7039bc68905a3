/* The headers of every page, error page, file and redirect, against headers.golden: equal
   ones are one set there. After a change that is meant: GOLDEN=write tests/attack/run.sh headers */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { raw } from "../http/client.mjs";
import * as facts from "../http/facts.mjs";
import { file } from "../http/files.mjs";
import { browser, group, kreide, people, port, service, sleep } from "../http/world.mjs";

const golden = fileURLToPath(new URL("headers.golden", import.meta.url));

/* What differs from answer to answer in any case. */
const left = ["date", "x-request-id", "content-length", "connection", "keep-alive", "transfer-encoding", "etag", "last-modified", "age", "location"];
const masked = (name, v) => {
	let t = v.replaceAll(String(port), "PORT");
	if (name === "set-cookie") t = t.replace(/(\w+)=[\w-]{20,}/g, "$1=SECRET");
	if (name === "location") t = t.replace(/(\/f\/)[\w-]+/g, "$1KEY").replace(/(?<=%2F|\/|=)\d+/g, "N");
	if (name === "retry-after") t = "N";
	if (name === "content-range") t = t.replace(/\d+/g, "N");
	if (name === "content-disposition") t = t.replace(/\d{4}-\d\d-\d\d/g, "DAY");
	return t;
};
const headersOf = (a) => Object.entries(a.headers).filter(([n]) => !left.includes(n)).sort(([a], [b]) => (a < b ? -1 : 1))
	.map(([n, v]) => `\t${n}: ${masked(n, v)}`).join("\n");

const seen = []; /* [what, status and where to, headers] */
const note = (what, a) => seen.push([what, a.headers.location ? `${a.status} ${masked("location", a.headers.location)}` : `${a.status}`, headersOf(a)]);

/* ── every page, by the first of these who gets it; and by nobody ── */

const order = ["pupil", "teacher", "admin", "staff", "parent"];
const missing = 987654321;

async function pathOf(r) {
	let path = r.path.replace(/\{key\}/g, "k".repeat(32));
	if (!path.includes("{id}")) return [path];
	const guard = Object.entries(facts.guards).find(([k]) => k === `${r.method} ${r.path}` ||
		(k.endsWith("/*") && r.path.startsWith(k.split(" ")[1].slice(0, -1))) || k.split(" ")[1] === r.path)?.[1];
	const list = await facts.objects[guard?.[0] ?? r.entity.table]();
	return list.map((o) => path.replace("{id}", o.id));
}

async function pages(routes) {
	const nobody = browser();
	for (const r of routes.filter((x) => x.method === "GET")) {
		const query = facts.input[`GET ${r.path}`] ? `?${new URLSearchParams(await facts.input[`GET ${r.path}`](people.admin))}` : "";
		const live = r.path === "/_live" ? { headOnly: true, headers: { accept: "text/event-stream" } } : {};
		const paths = await pathOf(r);
		note(`GET ${r.path} nobody`, await nobody.get(paths[0] + query, live));
		if (r.flags.includes("bearer") || r.flags.includes("feed") || r.flags.includes("content")) continue;
		let got;
		for (const name of order)
			for (const path of paths)
				if (got?.[1].status !== 200) {
					const a = await people[name].browser.get(path + query, live);
					if (got === undefined || a.status < 400) got = [name, a];
				}
		note(`GET ${r.path} ${got[0]}`, got[1]);
		if (r.path.includes("{id}"))
			note(`GET ${r.path} ${got[0]}, no such row`, await people[got[0]].browser.get(r.path.replace("{id}", missing) + query));
	}
}

/* ── errors ── */

const bytes = (text) => raw(port, Buffer.from(text.replaceAll("\n", "\r\n"), "latin1"), { wait: 3000 });
const end = `\nHost: localhost:${port}\nConnection: close\n\n`;

async function errors() {
	const p = people.pupil.browser, n = browser(), x = (k) => "x".repeat(k);
	const csrf = await p.csrf();
	const send = (path, body, headers = {}) => p.ask("POST", path, { body, headers: { "content-type": "application/x-www-form-urlencoded", ...headers } });
	note("400 of core: broken encoding", await p.get("/news?q=%zz"));
	note("400 of core: text that is none", await send("/profile/theme", `_csrf=${encodeURIComponent(csrf)}&theme=%ff`));
	note("403 without the right", await p.get("/people"));
	note("403 without a token", await send("/profile/theme", "theme=dark"));
	note("403 with a token, from elsewhere", await send("/profile/theme", `_csrf=${encodeURIComponent(csrf)}&theme=dark`, { "sec-fetch-site": "cross-site" }));
	note("404 of core", await p.get("/nowhere"));
	note("405 of core", await p.get("/logout"));
	note("OPTIONS", await p.ask("OPTIONS", "/tasks"));
	note("422: a refused form", await send("/profile/password", `_csrf=${encodeURIComponent(csrf)}`));
	note("401: no token", await n.get("/api/v1/me"));
	note("401: a wrong token", await n.get("/api/v1/me", { headers: { authorization: "Bearer x" } }));
	const stranger = browser();
	let a;
	for (let i = 0; i < 7; i++) a = await stranger.post("/login", { account: "kopf.zeile", password: "x" }, { on: "/login" });
	note("429: too many tries", a);
	note("HEAD of a page", await p.ask("HEAD", "/tasks"));
	for (const [what, text] of Object.entries({
		"400 of nginx": `GET / HTTP/1.1\nHost: a\nHost: b\n\n`, "404 of nginx": `GET //x HTTP/1.1${end}`, "405 of nginx": `TRACE / HTTP/1.1${end}`,
		"413 of nginx": `POST /logout HTTP/1.1\nContent-Length: 99999999${end}`, "414 of nginx": `GET /${x(9000)} HTTP/1.1${end}`,
		"421 of nginx": "GET / HTTP/1.1\nHost: evil.example\nConnection: close\n\n", "431 of nginx": `GET / HTTP/1.1\nCookie: ${x(9000)}${end}`,
		"501 of nginx": `BREW / HTTP/1.1${end}`, "404 of nginx: files of core": `GET /_files/x HTTP/1.1${end}`, "404 of nginx: error page": `GET /_e/404.html HTTP/1.1${end}` }))
		note(what, await bytes(text));
}

/* ── static files, redirects, the host for user bytes ── */

async function others() {
	const n = browser(), page = await n.get("/login");
	for (const kind of ["css", "js"]) {
		const path = page.body.match(new RegExp(`/_s/[\\w.-]+\\.${kind}`))[0];
		note(`static .${kind}`, await n.get(path));
		note(`static .${kind}, packed`, await n.get(path, { headers: { "accept-encoding": "br" } }));
		note(`static .${kind}, posted`, await n.ask("POST", path, { body: "x" }));
		if (kind === "css") {
			const font = (await n.get(path)).body.match(/[\w-]+\.[0-9A-Za-z]{8,}\.woff2/)?.[0];
			if (font) note("static .woff2", await n.get(`/_s/${font}`));
		}
	}
	note("static: none such", await n.get("/_s/none.00000000.css"));
	note("robots.txt", await n.get("/robots.txt"));
	note("303: signed in", await n.post("/login", { account: people.pupil.account, password: people.pupil.password }, { on: "/login" }));
	note("303: a form", await n.post("/profile/theme", { theme: "auto" }, { on: "/profile" }));
	note("303: signed out", await n.post("/logout", {}, { on: "/" }));
	note("302: sign in first", await n.get("/tasks"));

	const t = people.teacher.browser;
	const made = await t.post("/tasks/new", { title: "Köpfe", body: "x", group: await group("7b"), due: "2031-03-20T18:00",
		material: [file("aufgabe.pdf"), file("photo.png"), file("notiz.txt"), { name: "seite.html", bytes: "<p>x" }] }, { on: "/tasks/new" });
	for (let i = 0; i < 40; i++) {
		const body = (await t.get(made.headers.location)).body;
		if ([...body.matchAll(/\/\/content\.[^/]*\/f\/[\w-]+/g)].length >= 7) break;
		await sleep(100);
	}
	const body = (await t.get(made.headers.location)).body;
	const list = [...new Set([...body.matchAll(/\/\/content\.[^/]*(\/f\/[\w-]+)/g)].map((m) => m[1]))];
	const c = { host: "content.localhost" };
	for (const path of list) {
		const a = await n.get(path, c);
		note(`content: ${/attachment/.test(a.headers["content-disposition"]) ? "download" : "view"} ${a.headers["content-disposition"]?.match(/filename="([^"]*)"/)[1] ?? a.headers["content-type"]}`, a);
	}
	note("content: part of a file", await n.get(list[0], { ...c, headers: { range: "bytes=1-3" } }));
	note("content: no such part", await n.get(list[0], { ...c, headers: { range: "bytes=99999999-" } }));
	for (const [what, path, method] of [["no such file", "/f/AAAA", "GET"], ["a page", "/login", "GET"], ["nothing", "/", "GET"], ["posted", list[0], "POST"],
		["options", list[0], "OPTIONS"]]) note(`content: ${what}`, await n.ask(method, path, c));
	note("content: our host does not serve it", await t.get(list[0]));
}

async function away() {
	await service("kreide", "stop");
	try {
		note("503 of nginx", await people.pupil.browser.get("/tasks"));
		note("503 of nginx: content", await browser().get("/f/x", { host: "content.localhost" }));
	} finally {
		await service("kreide", "start");
	}
	for (let i = 0; i < 200; i++) {
		if ((await people.pupil.browser.get("/tasks")).status === 200) return;
		await sleep(50);
	}
	throw new Error("core does not come back");
}

function written() {
	const sets = new Map();
	let lines = "";
	for (const [what, status, headers] of seen) {
		if (!sets.has(headers)) sets.set(headers, `H${sets.size + 1}`);
		lines += `${what}: ${status} ${sets.get(headers)}\n`;
	}
	return `# What is answered with which headers; tests/attack/headers.mjs writes and compares it.\n\n${lines}\n` +
		[...sets].map(([h, name]) => `${name}\n${h}\n`).join("");
}

/* What holds for all of them, whatever the golden file says. */
function sane(tally) {
	for (const [what, status, headers] of seen) {
		const is = (name, re) => tally.check(new RegExp(`^\t${name}: .*${re}`, "m").test(headers), `${what}: ${name}`, headers);
		const page = !status.startsWith("204");
		if (page) is("x-content-type-options", "nosniff");
		if (page) is("content-security-policy", "(default-src 'none')");
		if (page && !/static|robots/.test(what)) is("cache-control", "(no-store|private|no-cache)");
		if (/^content: (download|view|part|no such)/.test(what)) is("content-security-policy", "sandbox");
		tally.check(!/^\t(server: .*\d|x-powered-by|via|access-control)/m.test(headers), `${what}: tells too much`, headers);
		if (/^content:/.test(what)) tally.check(!/set-cookie/.test(headers), `${what}: sets a cookie`);
		tally.check(!/^\tset-cookie: (?!.*HttpOnly)/m.test(headers), `${what}: a cookie that scripts can read`, headers);
	}
}

export default async function (tally) {
	const routes = JSON.parse((await kreide("routes", "--json")).out);
	await pages(routes);
	await errors();
	await others();
	await away();
	sane(tally);
	const now = written();
	if (process.env.GOLDEN === "write") writeFileSync(golden, now);
	const want = readFileSync(golden, "utf8").split("\n"), is = now.split("\n");
	const differ = [...want.filter((l) => !is.includes(l)).map((l) => `- ${l}`), ...is.filter((l) => !want.includes(l)).map((l) => `+ ${l}`)];
	tally.check(now === want.join("\n"), "headers.golden", differ.join("\n") || "another order");
	tally.note(`headers: ${seen.length} answers, ${new Set(seen.map(([, , h]) => h)).size} sets`);
}
