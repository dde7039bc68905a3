/* A small HTTP client: a jar of cookies per person, forms filled as a browser does it, and
   bytes as they are for what no browser would send. */
import http from "node:http";
import net from "node:net";

const agent = new http.Agent({ keepAlive: true, maxSockets: 128 });

export class Answer {
	constructor(status, headers, bytes, ms) {
		this.status = status;
		this.headers = headers; /* lower case; of repeated ones the values with ", " */
		this.bytes = bytes;
		this.ms = ms;
	}
	get body() {
		return this.bytes.toString("utf8");
	}
	get id() {
		return this.headers["x-request-id"] ?? "";
	}
}

/* One browser: cookies, and the page it looks at. */
export class Browser {
	/* from: one of this machine's addresses, so that it comes from a network of its own. */
	constructor(port, host = "localhost", from = undefined) {
		this.port = port;
		this.host = host;
		this.from = from;
		this.jar = new Map();
		this.page = undefined; /* the last HTML answer: forms are looked for in it */
	}

	/* A person moves to another host: cookies stay where they belong. */
	ask(method, path, { headers = {}, body, host, wait = 60000, headOnly = false } = {}) {
		const name = host ?? this.host;
		const own = name === this.host;
		const all = { host: `${name}:${this.port}`, ...headers };
		if (own && this.jar.size > 0 && all.cookie === undefined)
			all.cookie = [...this.jar].map(([k, v]) => `${k}=${v}`).join("; ");
		if (body !== undefined && all["transfer-encoding"] === undefined && all["content-length"] === undefined)
			all["content-length"] = Buffer.byteLength(body);
		return new Promise((done, fail) => {
			const start = performance.now();
			const q = http.request({ host: "127.0.0.1", port: this.port, method, path, headers: all, agent, timeout: wait,
				localAddress: this.from }, (r) => {
				const parts = [];
				const end = () => {
					const a = new Answer(r.statusCode, flat(r.rawHeaders), Buffer.concat(parts), performance.now() - start);
					if (own) this.keep(a, r.headers["set-cookie"] ?? []);
					done(a);
				};
				if (headOnly) { /* an answer without an end */
					r.destroy();
					return end();
				}
				r.on("data", (d) => parts.push(d));
				r.on("end", end);
				r.on("error", fail);
			});
			q.on("timeout", () => q.destroy(new Error(`no answer to ${method} ${path} in ${wait} ms`)));
			q.on("error", fail);
			q.end(body);
		});
	}

	/* The live channel: what comes is given to `take` until the stream is ended. */
	listen(take) {
		const cookie = [...this.jar].map(([k, v]) => `${k}=${v}`).join("; ");
		return new Promise((done, fail) => {
			const q = http.request({ host: "127.0.0.1", port: this.port, path: "/_live", agent: false,
				headers: { host: `${this.host}:${this.port}`, accept: "text/event-stream", cookie } }, (r) => {
				r.setEncoding("utf8").on("data", take).on("error", () => {});
				if (r.statusCode === 200) return done({ end: () => q.destroy() });
				q.destroy();
				return fail(new Error(`no live channel: ${r.statusCode}`));
			});
			q.on("error", fail);
			q.end();
		});
	}

	keep(answer, cookies) {
		for (const line of cookies) {
			const [, name, value] = line.match(/^([^=]+)=([^;]*)/) ?? [];
			if (name === undefined) continue;
			if (value === "" || /;\s*max-age=0/i.test(line)) this.jar.delete(name);
			else this.jar.set(name, value);
		}
		if (/^text\/html/.test(answer.headers["content-type"] ?? "")) this.page = answer;
	}

	get(path, options) {
		return this.ask("GET", path, options);
	}

	/* The form that leads to `path`: of the page that is open, else of the one named, else
	   of the page of that address. */
	async form(path, on) {
		let f = on === undefined && this.page ? formOf(this.page.body, path) : undefined;
		if (f === undefined) f = formOf((await this.get(on ?? path)).body, path);
		if (f === undefined) throw new Error(`no form to ${path} on ${on ?? "the page"}`);
		return f;
	}

	/* Sends it, hidden fields and all; values of `fields`: text, list of texts, or
	   { name, bytes } for a file. */
	async post(path, fields = {}, { on, headers = {}, drop = [], ...options } = {}) {
		const f = await this.form(path, on);
		const all = { ...f.hidden, ...fields };
		for (const name of drop) delete all[name];
		const [type, body] = f.multipart ? multipart(all) : ["application/x-www-form-urlencoded", encode(all)];
		this.page = undefined;
		return this.ask("POST", path, { headers: { "content-type": type, ...headers }, body, ...options });
	}

	/* The token of this person's forms, as a page has it. */
	async csrf(on = "/profile") {
		return (await this.get(on)).body.match(/name="_csrf" value="([^"]*)"/)[1];
	}

	async signIn(account, password) {
		this.jar.clear();
		const a = await this.post("/login", { account, password }, { on: "/login" });
		if (a.status !== 303 || !this.jar.has("kr")) throw new Error(`${account} cannot sign in: ${a.status}`);
		return a;
	}
}

function flat(raw) {
	const out = {};
	for (let i = 0; i < raw.length; i += 2) {
		const k = raw[i].toLowerCase();
		out[k] = k in out ? `${out[k]}, ${raw[i + 1]}` : raw[i + 1];
	}
	return out;
}

/* ── forms ── */

export const unescape = (s) => s.replace(/&(#x?[0-9a-f]+|lt|gt|amp|quot|apos);/gi, (all, e) => {
	const named = { lt: "<", gt: ">", amp: "&", quot: "\"", apos: "'" }[e.toLowerCase()];
	return named ?? String.fromCodePoint(e[1] === "x" ? parseInt(e.slice(2), 16) : parseInt(e.slice(1), 10));
});

const attribute = (tag, name) => {
	const m = tag.match(new RegExp(`\\s${name}="([^"]*)"`));
	return m ? unescape(m[1]) : undefined;
};

export function formOf(html, path) {
	for (const [, head, inner] of html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)) {
		if (attribute(head, "action") !== path || attribute(head, "method") !== "post") continue;
		const hidden = {};
		for (const [tag] of inner.matchAll(/<input\b[^>]*>/g)) {
			if (attribute(tag, "type") === "hidden" && attribute(tag, "name"))
				hidden[attribute(tag, "name")] = attribute(tag, "value") ?? "";
		}
		return { hidden, multipart: attribute(head, "enctype") === "multipart/form-data", html: inner };
	}
	return undefined;
}

export const encode = (fields) => Object.entries(fields)
	.flatMap(([k, v]) => (Array.isArray(v) ? v : [v]).map((x) => [k, x]))
	.map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`).join("&");

export function multipart(fields, boundary = "----kreide-test-0123456789") {
	const list = [];
	for (const [k, v] of Object.entries(fields))
		for (const x of Array.isArray(v) ? v : [v]) {
			const file = typeof x === "object" && x !== null;
			const name = `name="${k}"${file ? `; filename="${x.name}"` : ""}`;
			const type = file ? `\r\nContent-Type: ${x.type ?? "application/octet-stream"}` : "";
			list.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${name}${type}\r\n\r\n`),
				file ? Buffer.from(x.bytes) : Buffer.from(String(x)), Buffer.from("\r\n"));
		}
	list.push(Buffer.from(`--${boundary}--\r\n`));
	return [`multipart/form-data; boundary=${boundary}`, Buffer.concat(list)];
}

/* ── bytes as they are ── */

function dechunk(bytes) {
	const list = [];
	for (;;) {
		const line = bytes.indexOf("\r\n");
		const n = line < 0 ? 0 : parseInt(bytes.subarray(0, line).toString("latin1"), 16);
		if (!n) return Buffer.concat(list);
		list.push(bytes.subarray(line + 2, line + 2 + n));
		bytes = bytes.subarray(line + 4 + n);
	}
}

function parse(bytes) {
	const end = bytes.indexOf("\r\n\r\n");
	const head = bytes.subarray(0, end < 0 ? 0 : end).toString("latin1").split("\r\n");
	const headers = flat(head.slice(1).flatMap((l) => l.split(/:\s*(.*)/s, 2)));
	let body = end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 4);
	const whole = end >= 0 && body.length >= Number(headers["content-length"] ?? Infinity);
	if (headers["transfer-encoding"] === "chunked") body = dechunk(body);
	return { status: Number(head[0].match(/^HTTP\/1\.[01] (\d{3})/)?.[1] ?? 0), headers, body, whole };
}

/* Sends them, resolves with the answer when it is whole or the peer closes; status 0: it
   closed without one. */
export function raw(port, bytes, { wait = 30000 } = {}) {
	return new Promise((done) => {
		const start = performance.now();
		let got = Buffer.alloc(0);
		const s = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
		const finish = () => {
			clearTimeout(timer);
			s.destroy();
			const p = parse(got);
			done(new Answer(p.status, p.headers, p.body, performance.now() - start));
		};
		const timer = setTimeout(finish, wait);
		s.on("data", (d) => {
			got = Buffer.concat([got, d]);
			if (parse(got).whole) finish();
		});
		s.on("end", finish);
		s.on("error", finish);
		s.on("connect", () => s.write(bytes));
	});
}
