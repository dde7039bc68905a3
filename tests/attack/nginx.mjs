/* The configuration that nginx itself prints (nginx -T), of a demo and of a school with
   TLS, read by rules against the known slips; each rule is shown a slip and must see it. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { home } from "../http/world.mjs";
import { pools } from "../http/fcgi.mjs";

const stack = fileURLToPath(new URL("../../conf/stack", import.meta.url));
const root = process.getuid() === 0;

/* ── reading ── */

function tokens(text) {
	const list = [];
	for (const m of text.matchAll(/\s+|#[^\n]*|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([{};])|((?:\\.|\$\{[^}]*\}|[^\s;{}"'])+)/g)) {
		const [all, double, single, mark, word] = m;
		if (/^\s/.test(all) || all[0] === "#") continue;
		list.push(mark ? { mark } : { word: word ?? double ?? single });
	}
	return list;
}

/* Directives with their blocks; an include is replaced by what it names. */
function tree(files, path) {
	const list = tokens(files.get(path) ?? ""), root = [];
	const stack = [root];
	let words = [];
	for (const t of list) {
		if (t.word !== undefined) words.push(t.word);
		else if (t.mark === "}") stack.pop();
		else {
			const d = { name: words[0], args: words.slice(1) };
			if (d.name === "include") stack.at(-1).push(...tree(files, d.args[0]));
			else stack.at(-1).push(d);
			if (t.mark === "{") stack.push((d.block = []));
			words = [];
		}
	}
	return root;
}

function filesOf(text) {
	const files = new Map();
	for (const part of text.split(/^# configuration file /m).slice(1)) {
		const [, path, body] = part.match(/^(.*):\n([\s\S]*)$/);
		files.set(path, body);
	}
	return files;
}

/* Each directive with those around it, the nearest first. */
function* walk(block, up = []) {
	for (const d of block) {
		yield [d, up];
		if (d.block) yield* walk(d.block, [d, ...up]);
	}
}
const all = (block, name) => [...walk(block)].filter(([d]) => d.name === name);
const text = (d) => [d.name, ...d.args].join(" ");
const own = (d, name) => d.block.filter((x) => x.name === name);

/* ── the rules: what they complain about ── */

/* Everything core is told; a name more is a decision, not an accident. */
const params = new Map(Object.entries({ REQUEST_METHOD: "$request_method", REQUEST_URI: "$request_uri", QUERY_STRING: "$args",
	SERVER_PROTOCOL: "$server_protocol", REQUEST_SCHEME: "$scheme", REMOTE_ADDR: "$remote_addr", HTTP_HOST: "$host",
	CONTENT_TYPE: "$content_type", CONTENT_LENGTH: "$content_length", KR_REQUEST_ID: "$request_id", KR_QUEUED: "$msec", KR_CONTENT: "1" }));
const headers = ["COOKIE", "AUTHORIZATION", "X_CSRF_TOKEN", "USER_AGENT", "ACCEPT", "ACCEPT_LANGUAGE", "ORIGIN",
	"SEC_FETCH_SITE", "SEC_FETCH_MODE", "SEC_FETCH_DEST", "HX_REQUEST", "RANGE", "IF_MATCH", "IF_NONE_MATCH",
	"IF_MODIFIED_SINCE", "DEPTH", "DESTINATION", "OVERWRITE", "TIMEOUT", "LOCK_TOKEN", "IF", "TUS_RESUMABLE",
	"UPLOAD_OFFSET", "UPLOAD_LENGTH", "UPLOAD_METADATA"];
for (const h of headers) params.set(`HTTP_${h}`, `$http_${h.toLowerCase()}`);
const secured = ["Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
	"Cross-Origin-Resource-Policy", "Permissions-Policy"];

/* A location that answers by itself, or adds headers to core's answer. */
const answers = (l) => ["root", "alias", "proxy_pass"].some((n) => own(l, n).length) ||
	own(l, "return").some((d) => d.args.length > 1 && !/^30/.test(d.args[0]));

const once = (conf, name, value) => {
	const got = all(conf, name).map(([d]) => d.args.join(" "));
	return got.length > 0 && got.every((v) => (value instanceof RegExp ? value.test(v) : v === value))
		? [] : [`${name} is ${got.join(" and ") || "not set"}`];
};

export const rules = {
	"alias ends like its location": (c) => all(c, "alias").flatMap(([d, [l]]) => {
		const [how, path] = l.args.length > 1 ? l.args : ["", l.args[0]];
		if (how.startsWith("~")) return path.startsWith("^") && path.endsWith("$") && !/\.[*+]|\[\^/.test(path) &&
			!/\[[^\]]*[/.][^\]]*\]/.test(path) ? [] : [`${text(l)}: ${text(d)}`];
		return path.endsWith("/") === d.args[0].endsWith("/") && path.endsWith("/") ? [] : [`${text(l)}: ${text(d)}`];
	}),
	"core is reached by named pools alone, from internal places": (c) => all(c, "fastcgi_pass").flatMap(([d, up]) => {
		const l = up[0], content = up.some((x) => x.name === "server" && own(x, "server_name")[0].args[0].startsWith("content."));
		const inside = l.args[0] === "=" && /^\/_to\/(page|save|slow|must|sign)-\w+$/.test(l.args[1]) && own(l, "internal").length === 1;
		return pools.some((p) => d.args[0] === `kr_${p}`) && (inside || (content && l.args.join() === "/"))
			? [] : [`${text(l)}: ${text(d)}`];
	}),
	"nothing goes where the request says": (c) => [...walk(c)].filter(([d]) =>
		/_pass$/.test(d.name) && /\$/.test(d.args[0])).map(([d]) => text(d)).concat(all(c, "resolver").map(([d]) => text(d))),
	"core is told a fixed list": (c) => all(c, "fastcgi_param").flatMap(([d]) => {
		const want = d.args[0] === "KR_POOL" ? pools.includes(d.args[1]) : params.get(d.args[0]) === d.args[1];
		return want ? [] : [text(d)];
	}).concat(all(c, "fastcgi_pass").flatMap(([, [l]]) => (own(l, "fastcgi_pass_request_headers").some((d) => d.args[0] === "off")
		? [] : [`${text(l)}: request headers are passed on`]))),
	"the content host knows nobody": (c) => all(c, "server").filter(([s]) => s.block && own(s, "server_name").some((n) => n.args[0].startsWith("content.")))
		.flatMap(([s]) => [...walk(s.block)].filter(([d]) => /HTTP_(COOKIE|AUTHORIZATION)/.test(d.args[0])).map(([d]) => text(d))),
	"no version is told": (c) => once(c, "server_tokens", "off"),
	"who asks for another host gets 421": (c) => {
		const servers = all(c, "server").map(([s]) => s).filter((s) => s.block);
		const list = servers.flatMap((s) => own(s, "listen").map((d) => [d, s]));
		const places = new Set(list.map(([d]) => d.args[0]));
		return [...places].flatMap((p) => {
			const [, s] = list.find(([d]) => d.args[0] === p && d.args.includes("default_server")) ?? [];
			const l = s?.block.find((d) => d.name === "location" && d.args.join() === "/");
			return l && own(l, "return").some((d) => d.args.join() === "421") && own(s, "server_name")[0].args.join() === "_"
				? [] : [`listen ${p}`];
		});
	},
	"names are words, no patterns": (c) => all(c, "server_name").filter(([d]) => d.args.some((a) => /[~*]/.test(a))).map(([d]) => text(d)),
	"who adds one header adds them all": (c) => all(c, "location").flatMap(([l]) => {
		const added = own(l, "add_header"), names = added.map((d) => d.args[0]);
		if (added.length === 0 && !answers(l)) return [];
		const lacking = secured.filter((n) => !names.includes(n)), twice = names.filter((n, i) => names.indexOf(n) !== i);
		const sometimes = added.filter((d) => secured.includes(d.args[0]) && d.args[2] !== "always").map((d) => d.args[0]);
		return [...lacking.map((n) => `${text(l)}: no ${n}`), ...twice.map((n) => `${text(l)}: ${n} twice`),
			...sometimes.map((n) => `${text(l)}: ${n} not always`)];
	}),
	"with TLS each of them says so": (c) => (all(c, "ssl_certificate").length === 0 ? [] : all(c, "location").filter(([l]) =>
		own(l, "add_header").length && !own(l, "add_header").some((d) => d.args[0] === "Strict-Transport-Security" && d.args[2] === "always"))
		.map(([l]) => `${text(l)}: no Strict-Transport-Security`)),
	"TLS of today": (c) => (all(c, "ssl_certificate").length === 0 ? [] : [...once(c, "ssl_protocols", "TLSv1.2 TLSv1.3"),
		...once(c, "ssl_session_tickets", "off"), ...once(c, "ssl_ciphers", /^((ECDHE)-[A-Z0-9-]+(GCM|POLY1305)[A-Z0-9-]*:?)+$/)]),
	"there are limits": (c) => ["client_header_timeout", "client_body_timeout", "send_timeout", "keepalive_timeout"]
		.flatMap((n) => once(c, n, /^([1-9]|[12]\d|30)s$/)).concat(once(c, "large_client_header_buffers", "2 8k"),
			once(c, "limit_conn", /^kr_conn \d+$/), all(c, "client_max_body_size").filter(([d, [l]]) =>
				/* 0 is none: for error pages, whose bodies were judged before. */
				!/^[1-9]\d{0,3}[km]?$/.test(d.args[0]) && !(d.args[0] === "0" && own(l, "internal").length)).map(([d]) => text(d)),
			all(c, "fastcgi_pass").filter(([, [l]]) => !own(l, "limit_req").length || !own(l, "client_max_body_size").length ||
				!own(l, "fastcgi_read_timeout").length).map(([, [l]]) => `${text(l)}: without a limit`)),
	"bodies and answers are buffered, requests not repeated": (c) => [...once(c, "fastcgi_request_buffering", "on"),
		...once(c, "fastcgi_buffering", "on"), ...once(c, "fastcgi_next_upstream", "off"), ...once(c, "fastcgi_keep_conn", "on")],
	"headers as they should be": (c) => [...once(c, "underscores_in_headers", "off"), ...once(c, "ignore_invalid_headers", "on"),
		...once(c, "merge_slashes", "off")],
	"what core hands out is not for browsers to ask": (c) => all(c, "location").filter(([l]) => /\/_(to|files|e|sub)\b/.test(l.args.at(-1)) &&
		!own(l, "internal").length).map(([l]) => text(l)),
	"no answer is made of decoded addresses": (c) => [...walk(c)].filter(([d]) => ["return", "add_header", "error_page", "rewrite", "proxy_set_header"].includes(d.name) &&
		d.args.some((a) => /\$(uri|document_uri|arg_|cookie_|http_(?!x_kr_)|args|query_string)/.test(a))).map(([d]) => text(d)),
	"the log holds nothing private": (c) => all(c, "log_format").filter(([d]) =>
		/\$(request\b|request_uri|uri|args|query_string|remote_addr|remote_user|http_|cookie_|arg_)/.test(d.args.join(" "))).map(([d]) => text(d))
		.concat(all(c, "access_log").filter(([d]) => d.args[0] !== "off" && d.args[1] !== "kreide").map(([d]) => text(d))),
	"if does nothing but refuse": (c) => all(c, "if").flatMap(([d]) => d.block.filter((x) => x.name !== "return").map(text)),
	"no modules that open doors": (c) => [...walk(c)].filter(([d]) => /^(autoindex|dav_|ssi|sub_filter|perl|js_|lua|stub_status|proxy_cache|fastcgi_cache|gzip$|auth_basic)/.test(d.name) &&
		d.args[0] !== "off").map(([d]) => text(d)),
	"as few rights as it can": (c) => (root ? once(c, "user", "www-data www-data") : []).concat(once(c, "worker_rlimit_core", "0")),
};

const lint = (conf) => Object.entries(rules).flatMap(([name, rule]) => rule(conf).map((what) => `${name}: ${what}`));

/* ── slips, one for each rule: [what is found, what it becomes] ── */

const slips = {
	"alias ends like its location": [/location \/_files\/ \{/, "location /_files {"],
	"core is reached by named pools alone, from internal places": [/location = \/_to\/page-64k \{/, "location ~ \"^/_to/(.*)$\" {"],
	"nothing goes where the request says": [/proxy_pass http:\/\/kr_push;/, "proxy_pass http://$http_host;"],
	"core is told a fixed list": [/fastcgi_param HTTP_RANGE /, "fastcgi_param HTTP_PROXY $http_proxy; fastcgi_param HTTP_RANGE "],
	"the content host knows nobody": [/fastcgi_param KR_CONTENT 1;/, "fastcgi_param KR_CONTENT 1; fastcgi_param HTTP_COOKIE $http_cookie;"],
	"no version is told": [/server_tokens off;/, "server_tokens on;"],
	"who asks for another host gets 421": [/default_server;/g, ";"],
	"names are words, no patterns": [/server_name (?!_|content)\S+/, "server_name *.example"],
	"who adds one header adds them all": [/(location = \/robots.txt \{[^}]*?)include "[^"]*";/, "$1 add_header X-Own 1;"],
	"with TLS each of them says so": [/add_header Strict-Transport-Security [^;]*;/g, ""],
	"TLS of today": [/ssl_protocols /, "ssl_protocols TLSv1 "],
	"there are limits": [/client_body_timeout +\S+;/, ""],
	"bodies and answers are buffered, requests not repeated": [/fastcgi_request_buffering on;/, "fastcgi_request_buffering off;"],
	"headers as they should be": [/underscores_in_headers off;/, "underscores_in_headers on;"],
	"what core hands out is not for browsers to ask": [/(location \/_files\/ \{\s*)internal;/, "$1"],
	"no answer is made of decoded addresses": [/return 421;/, "return 302 http://$host$uri;"],
	"the log holds nothing private": [/\$time_iso8601 \$kr_net/, "$time_iso8601 $remote_addr $request_uri"],
	"if does nothing but refuse": [/(if \(\$uri ~ "\/\/"\) \{)/, "$1 set $kr_x $uri;"],
	"no modules that open doors": [/server_tokens off;/, "server_tokens off; autoindex on;"],
	"as few rights as it can": [/worker_rlimit_core 0;/, ""],
};

/* ── two instances ── */

const printed = (dir) => execFileSync("nginx", ["-p", dir, "-e", "stderr", "-c", join(dir, "etc/nginx.conf"), "-T"],
	{ encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26 });

function school(dir) {
	const port = root ? 443 : 20443;
	execFileSync(stack, ["render", "--home", dir, "--port", String(port)], { stdio: "pipe" });
	execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
		"-subj", "/CN=schule.example", "-keyout", join(dir, "etc/key.pem"), "-out", join(dir, "etc/cert.pem")], { stdio: "pipe" });
	writeFileSync(join(dir, "etc/kreide.conf"), `mode = school\nscheme = https\nhost = schule.example\nport = ${port}\n`);
	execFileSync(stack, ["render", "--home", dir], { stdio: "pipe" });
	return printed(dir);
}

function look(tally, name, files, dir) {
	const conf = tree(files, join(dir, "etc/nginx.conf"));
	const count = [...walk(conf)].length;
	tally.check(count > 300, `${name}: only ${count} directives were read`);
	for (const [rule, find] of Object.entries(rules)) {
		const found = find(conf);
		tally.check(found.length === 0, `${name}: ${rule}`, found.join("\n"));
	}
	return count;
}

function sees(tally, rule, files, dir) {
	const [what, becomes] = slips[rule] ?? [];
	if (what === undefined) return tally.fail(`${rule}: no slip to show it`);
	const broken = new Map([...files].map(([p, t]) => [p, t.replace(what, becomes)]));
	const changed = [...broken].some(([p, t]) => t !== files.get(p));
	tally.check(changed && rules[rule](tree(broken, join(dir, "etc/nginx.conf"))).length > 0,
		`${rule}: does not see ${changed ? becomes : "anything: the slip has no place"}`);
}

export default async function (tally) {
	const dir = mkdtempSync(join(tmpdir(), "kr-nginx."));
	chmodSync(dir, 0o755); /* nginx looks into it with an account of its own */
	try {
		const n = look(tally, "demo", filesOf(printed(home)), home);
		const tls = join(dir, "home"), files = filesOf(school(tls));
		const m = look(tally, "school", files, readFileSync(join(tls, "etc/stack.env"), "utf8").match(/KR_HOME=(.*)/)[1]);
		for (const rule of Object.keys(rules)) sees(tally, rule, files, tls);
		const push = execFileSync("nginx", ["-p", home, "-e", "stderr", "-c", join(home, "etc/push.conf"), "-T"], { encoding: "utf8", stdio: "pipe" });
		const p = tree(filesOf(push), join(home, "etc/push.conf"));
		tally.check(all(p, "listen").length > 0 && all(p, "listen").every(([d]) => d.args[0].startsWith("unix:")), "the push nginx listens on a port");
		tally.check(rules["nothing goes where the request says"](p).length === 0 && rules["no version is told"](p).length === 0, "push.conf");
		tally.note(`nginx: ${n} directives of a demo, ${m} of a school, ${Object.keys(rules).length} rules`);
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}
