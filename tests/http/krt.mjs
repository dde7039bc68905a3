/* Runs *.krt: scripts of requests and what is expected of the answers. One statement a
   line; README.md of this folder has the list. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { Answer, Browser, encode, multipart, raw } from "./client.mjs";
import * as world from "./world.mjs";
import { file } from "./files.mjs";

/* What differs from answer to answer without meaning anything. */
const plain = (text) => text
	.replace(/name="(_csrf|_nonce)" value="[^"]*"/g, "name=\"$1\"")
	.replace(/\b\d{3}-[0-9a-f]{16}\b[^<]*/g, "NUMBER");

const words = (line) => [...line.matchAll(/(?:[^\s"]|"(?:[^"\\]|\\.)*")+/g)]
	.map(([w]) => w.replace(/"((?:[^"\\]|\\.)*)"/g, (_, inner) => inner.replace(/\\(["\\])/g, "$1")));

/* UTF-8, and \xHH for bytes that are none. */
const bytesOf = (text) => Buffer.concat(text.split(/(\\x[0-9a-f]{2})/i)
	.map((part, i) => (i % 2 ? Buffer.from([parseInt(part.slice(2), 16)]) : Buffer.from(part))));

class Script {
	constructor(path, tally) {
		this.name = basename(path);
		this.tally = tally;
		this.lines = readFileSync(path, "utf8").split("\n");
		this.at = 0;
		this.vars = { port: String(world.port), home: world.home, password: world.demoPassword, now: String(Date.now()) };
		this.kept = {};
		this.test = this.name;
		this.be("nobody");
		this.request = ""; /* told when something is wrong */
		this.stops = /^(service|signal|disk) /m.test(this.lines.join("\n"));
	}

	be(name) {
		const p = world.people[name];
		if (p === undefined) throw new Error(`no person ${name}`);
		/* Nobody is somebody new each time; `fresh` gives a person a second browser. */
		this.who = name === "nobody" ? world.browser() : p.browser;
		for (const key of Object.keys(world.people)) this.vars[`${key}.id`] = String(world.people[key].id);
		for (const key of Object.keys(world.people)) this.vars[key] = world.people[key].account;
	}

	fill(text) {
		return text.replace(/\$\{([^}*]+)(?:\*(\d+))?\}/g, (all, name, times) => {
			if (times !== undefined) return name.repeat(Number(times));
			if (!(name in this.vars)) throw new Error(`nothing known as ${all}`);
			return this.vars[name];
		});
	}

	/* Indented lines below a statement: header lines, a body, bytes. */
	block() {
		const list = [];
		while (this.at < this.lines.length && /^(\s+\S|\s*$)/.test(this.lines[this.at])) list.push(this.lines[this.at++]);
		while (list.length > 0 && list.at(-1).trim() === "") list.pop(), this.at--;
		return list.map((l) => this.fill(l.replace(/^(\t| {1,8})/, "")));
	}

	ok(good, what) {
		if (good) return this.tally.pass();
		const a = this.answer;
		const seen = a ? `${a.status} ${a.id} ${a.body.replace(/<head>.*<main/s, "").slice(0, 300)}` : "no answer";
		return this.tally.fail(`${this.name}:${this.line} ${this.test}: ${what}`, `${this.request}\n${seen}`);
	}

	async run() {
		const began = performance.now();
		while (this.at < this.lines.length) {
			this.line = this.at + 1;
			const text = this.lines[this.at++];
			if (/^\s*(#|$)/.test(text)) continue;
			try {
				await this.step(text.trim());
			} catch (e) {
				this.answer = undefined;
				this.ok(false, `${text.trim()}: ${e.message}`);
				if (!/^(expect|let)\b/.test(text.trim())) this.skip();
			}
		}
		this.stream?.end();
		if (this.stops) await world.calm();
		this.tally.note(`${this.name} ${Math.round(performance.now() - began)} ms`);
	}
	skip() { /* to the next test: what follows would only repeat the fault */
		while (this.at < this.lines.length && !/^test\b/.test(this.lines[this.at])) this.at++;
	}

	async step(text) {
		const [, verb, rest = ""] = text.match(/^(\S+)\s*(.*)$/s);
		const act = this[`do_${verb}`];
		if (act === undefined) throw new Error("unknown statement");
		await act.call(this, this.fill(rest));
	}

	/* ── who, what ── */

	do_test(name) {
		this.test = name;
		return this.stops ? world.calm() : undefined;
	}
	do_as(name) {
		this.be(name);
	}
	/* fresh: the same person, signed in at another browser. */
	async do_fresh(name) {
		this.be(name);
		const p = world.people[name];
		this.who = new Browser(world.port);
		if (p.account) await this.who.signIn(p.account, p.password);
	}
	/* renew: signed in again at the browser of everyday. */
	async do_renew(name) {
		this.be(name);
		await this.who.signIn(world.people[name].account, world.people[name].password);
	}
	/* host NAME: another name of this machine, with the cookies that belong there: none. */
	do_host(name) {
		this.who = new Browser(world.port, name);
	}
	do_cookie(text) {
		const [, name, val] = text.match(/^(\S+)\s+(.*)$/);
		if (val === "-") this.who.jar.delete(name);
		else this.who.jar.set(name, val);
	}

	/* ── requests ── */

	headers(lines) {
		return Object.fromEntries(lines.filter((l) => l.includes(":")).map((l) => l.split(/:\s*(.*)/s, 2)));
	}
	async ask(method, path) {
		this.request = `${method} ${path}`;
		this.answer = await this.who.ask(method, path, { headers: this.headers(this.block()) });
	}
	do_get(path) {
		return this.ask("GET", path);
	}
	do_head(path) {
		return this.ask("HEAD", path);
	}
	do_ask(rest) {
		return this.ask(...rest.split(/\s+/));
	}
	/* follow: where the last answer leads to. */
	async do_follow() {
		const to = this.answer.headers.location;
		if (to === undefined) throw new Error("the last answer leads nowhere");
		await this.ask("GET", to.replace(/#.*/, ""));
	}

	/* post PATH [on PAGE] name=value ... : the form of a page that was fetched, with its
	   hidden fields. name=@file: an upload; -name: this hidden field is left out. */
	async do_post(rest) {
		const [path, ...list] = words(rest), fields = {}, drop = [];
		let on;
		if (list[0] === "on") on = list.splice(0, 2)[1];
		for (const w of list) {
			const [, name, val] = w.match(/^([^=]+)=(.*)$/s) ?? [];
			if (name === undefined && w[0] === "-") drop.push(w.slice(1));
			else if (name === undefined) throw new Error(`not name=value: ${w}`);
			else fields[name] = [...(fields[name] ?? []), val.startsWith("@") ? file(val.slice(1)) : val];
		}
		this.request = `POST ${path} ${list.join(" ")}`;
		const headers = this.headers(this.block());
		const f = await this.who.form(path, on);
		const all = { ...f.hidden, ...fields };
		for (const name of drop) delete all[name];
		const [type, body] = f.multipart ? multipart(all) : ["application/x-www-form-urlencoded", encode(all)];
		this.sent = { path, headers: { "content-type": type, ...headers }, body };
		this.answer = await this.who.ask("POST", path, this.sent);
	}
	/* again: the very same POST, from the same browser. */
	async do_again() {
		this.answer = await this.who.ask("POST", this.sent.path, this.sent);
	}
	/* at-once N: the very same POST, N times at the same time. */
	async "do_at-once"(n) {
		const all = await Promise.all(Array.from({ length: Number(n) }, () => this.who.ask("POST", this.sent.path, this.sent)));
		const odd = all.find((a) => a.status !== all[0].status || a.headers.location !== all[0].headers.location);
		this.answer = odd ?? all[0];
		this.ok(odd === undefined, `${all.map((a) => `${a.status} ${a.headers.location}`)}`);
	}
	/* send METHOD PATH [type]: the block is the body; ${csrf} is the token of this person. */
	async do_send(rest) {
		const [method, path, type = "application/x-www-form-urlencoded"] = rest.split(/\s+/);
		this.vars.csrf = await this.token();
		const body = bytesOf(this.block().join("\r\n"));
		this.request = `${method} ${path}`;
		const headers = type === "-" ? {} : { "content-type": type.replaceAll(";", "; ") };
		this.answer = await this.who.ask(method, path, { headers, body });
	}
	async token() {
		const page = await this.who.get(this.who.jar.has("kr") ? "/profile" : "/login");
		return page.body.match(/name="_csrf" value="([^"]*)"/)?.[1] ?? "";
	}
	/* raw: the block as bytes, lines ended by CRLF; \xHH is a byte. */
	async do_raw(wait) {
		const lines = this.block();
		let text = lines.join("\r\n");
		if (!lines.includes("")) text += "\r\n\r\n";
		this.request = text.slice(0, 200);
		this.answer = await raw(world.port, bytesOf(text), wait ? { wait: Number(wait) * 1000 } : {});
	}

	/* listen: the live channel of this browser, until the script ends. */
	async do_listen() {
		this.stream?.end();
		this.heard = "";
		this.stream = await this.who.listen((text) => (this.heard += text));
	}

	/* ── expectations ── */

	do_expect(rest) {
		const a = this.answer;
		const [, what, more = ""] = rest.match(/^(\S+)\s*(.*)$/s);
		if (/^\d+$/.test(what)) {
			const list = rest.split(/\s+or\s+/).map(Number);
			return this.ok(list.includes(a?.status), `${rest} wanted, ${a?.status} seen`);
		}
		const act = this[`expect_${what}`];
		if (act === undefined) throw new Error("unknown expectation");
		return act.call(this, more);
	}
	match(text, rest, what) {
		const [, op, want] = rest.match(/^(!?~|=)\s*(.*)$/s) ?? [];
		if (op === "=") return this.ok(text === want, `${what} is ${JSON.stringify(text)}, wanted ${want}`);
		if (op === undefined) throw new Error("expected ~, !~ or =");
		const found = text !== undefined && new RegExp(want, "s").test(text);
		return this.ok(found === (op === "~"), `${what} ${op} ${want}: ${JSON.stringify(text)?.slice(0, 200)}`);
	}
	expect_header(rest) {
		const [, name, more] = rest.match(/^(\S+)\s+(.*)$/s);
		this.match(this.answer.headers[name.toLowerCase()], more, name);
	}
	expect_no(rest) {
		const [kind, name] = rest.split(/\s+/);
		if (kind !== "header") throw new Error("no what?");
		this.ok(this.answer.headers[name.toLowerCase()] === undefined, `${name} is there`);
	}
	expect_location(rest) {
		this.match(this.answer.headers.location, rest, "location");
	}
	expect_body(rest) {
		if (rest === "empty") return this.ok(this.answer.bytes.length === 0, `${this.answer.bytes.length} bytes`);
		return this.match(this.answer.body, rest, "body");
	}
	expect_within(ms) {
		this.ok(this.answer.ms <= Number(ms) * world.slow, `took ${Math.round(this.answer.ms)} ms`);
	}
	expect_after(ms) {
		this.ok(this.answer.ms >= Number(ms), `took ${Math.round(this.answer.ms)} ms only`);
	}
	/* expect heard ~ RE: on the live channel, within a second of now; !~: not until now. */
	async expect_heard(rest) {
		const [, op, want] = rest.match(/^(!?~)\s*(.*)$/s), began = performance.now();
		const found = () => new RegExp(want, "s").test(this.heard);
		while (op === "~" && !found() && performance.now() - began < 1000 * world.slow) await world.sleep(5);
		this.ok(found() === (op === "~"), `heard ${op} ${want}: ${this.heard.slice(-300)}`);
	}
	/* expect value ${a} = ${b}, or ~ RE */
	expect_value(rest) {
		const [, a, more] = rest.match(/^(.*?)\s+((?:!?~|=).*)$/s);
		this.match(a, more, "value");
	}
	/* expect like NAME: as the answer that was kept by that name. */
	expect_like(name) {
		const a = this.answer, b = this.kept[name];
		this.ok(a.status === b.status && plain(a.body) === plain(b.body), `differs from ${name} (${b.status}, ${b.bytes.length} bytes)`);
	}
	do_keep(name) {
		this.kept[name] = this.answer;
	}
	/* let NAME ~ RE: its first group in the body; let NAME header X ~ RE; let NAME = text */
	do_let(rest) {
		const [, name, header, op, want] = rest.match(/^(\S+)\s+(?:header\s+(\S+)\s+)?(=|~)\s*(.*)$/s);
		if (op === "=") return void (this.vars[name] = want);
		const text = header ? this.answer.headers[header.toLowerCase()] ?? "" : this.answer.body;
		const m = text.match(new RegExp(want, "s"));
		if (m === null) throw new Error(`nothing like ${want} in ${text.slice(0, 300)}`);
		this.vars[name] = (m[1] ?? m[0]).replaceAll("&amp;", "&");
	}

	/* ── the instance ── */

	/* sql NAME SELECT ... : first column of the first row. */
	async do_sql(rest) {
		const [, name, text] = rest.match(/^(\S+)\s+(.*)$/s);
		const rows = await world.sql(text);
		if (name !== "-") this.vars[name] = rows[0]?.[0] ?? "";
	}
	/* sign NAME ADDRESS SECONDS [FILE]: the address of a file, signed anew by the key of the
	   instance: good for so long, of this other file. */
	do_sign(rest) {
		const [name, address, seconds, other] = rest.split(/\s+/);
		this.vars[name] = world.signed(address, Number(seconds), other);
	}
	/* count NAME FOLDER: the files below HOME/FOLDER. */
	do_count(rest) {
		const [name, folder] = rest.split(/\s+/);
		this.vars[name] = String(world.filesBelow(folder));
	}
	async do_kreide(rest) {
		const r = await world.kreide(...words(rest));
		this.request = `kreide ${rest}`;
		this.answer = new Answer(r.code, {}, Buffer.from(r.out + r.err), 0);
	}
	do_service(rest) {
		return world.service(...rest.split(/\s+/));
	}
	do_signal(rest) {
		world.signal(...rest.split(/\s+/));
	}
	do_disk(rest) {
		return world.disk(...rest.split(/\s+/));
	}
	/* needs root: the rest of this test is left out for everybody else. */
	do_needs(who) {
		if (who !== "root") throw new Error("only root can be needed");
		if (process.getuid() === 0) return;
		this.tally.note(`${this.name}: left out, needs root: ${this.test}`);
		this.skip();
	}
	do_sleep(ms) {
		return world.sleep(Number(ms));
	}
	/* until SECONDS PATH STATUS: asked until it is so. */
	async do_until(rest) {
		const [seconds, path, status] = rest.split(/\s+/);
		const limit = performance.now() + Number(seconds) * 1000 * world.slow;
		const headers = this.headers(this.block());
		this.request = `until GET ${path} is ${status}`;
		for (;;) {
			this.answer = await this.who.get(path, { headers });
			if (this.answer.status === Number(status) || performance.now() > limit) break;
			await world.sleep(50);
		}
		this.ok(this.answer.status === Number(status), `${status} wanted within ${seconds} s`);
	}
	/* logs hold NAME of PATTERN and logs lack TEXT: what was written until now. */
	async do_logs(rest) {
		const [, what, text] = rest.match(/^(\S+)\s+(.*)$/s);
		const hits = world.allLogs().filter(([, t]) => t.includes(text) || t.includes(Buffer.from(text).toString("latin1")));
		this.answer = undefined;
		this.ok((hits.length > 0) === (what === "hold"), `${text}: ${hits.map(([p]) => p).join(" ") || "nowhere"}`);
	}
}

export const runScript = (path, tally) => new Script(path, tally).run();
