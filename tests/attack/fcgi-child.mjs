/* The records of fcgi.mjs: node fcgi-child.mjs RUN WORKERS..., how
   many each pool has. As root it takes the account of nginx,
   whose group alone may open the sockets. Ends with "N passed, N failed". */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { PARAMS, STDIN, ask, begin, body, head, pair, pairs, raw, record, request, pools } from "../http/fcgi.mjs";

const [run, ...counts] = process.argv.slice(2);
const workers = Object.fromEntries(pools.map((p, i) => [p, counts[i]]));
const slow = Number(process.env.KR_TEST_SLOW || 1);
let passed = 0, failed = 0, connections = 0, slowest = 0;
const check = (good, what) => {
	good ? passed++ : failed++;
	if (!good) console.log(`not ok - ${what}`);
};
const B = (...list) => Buffer.concat(list.map((x) => (typeof x === "string" ? Buffer.from(x, "latin1") : x)));

if (process.getuid() === 0) {
	const nobody = Number(execFileSync("id", ["-u", "nobody"], { encoding: "utf8" }));
	/* Somebody else on this machine does not reach them. */
	const probe = `const s=require("net").connect(process.argv[1]);s.on("connect",()=>process.exit(7));s.on("error",(e)=>process.exit(e.code==="EACCES"?0:1))`;
	for (const pool of pools) {
		let code = 0;
		try {
			execFileSync(process.execPath, ["-e", probe, join(run, `web-${pool}.sock`)], { uid: nobody, gid: nobody, cwd: "/", stdio: "pipe" });
		} catch (e) {
			code = e.status;
		}
		check(code === 0, `web-${pool}.sock opens for nobody (${code})`);
	}
	process.initgroups("www-data", "www-data");
	process.setgid("www-data");
	process.setuid("www-data");
	check(process.getuid() !== 0 && !canList(), "the secrets can be read as nginx");
}
function canList() {
	try {
		return readdirSync(join(run, "../secret")).length > 0;
	} catch {
		return false;
	}
}

const params = (lengths) => B(begin(), record(PARAMS, B(lengths, "AAAA")), record(PARAMS), record(STDIN));
const post = (n, more = {}) => head(ask("POST", "/healthz", { CONTENT_LENGTH: String(n), ...more }));
const good_ = ask("GET", "/healthz"), good = pairs(good_);
const values = (lengths) => record(9, B(lengths, "AAAA"), { id: 0 });
/* Every pair of lengths that adds up past 31 or 32 bits, in the params, in a management
   record before the request and in one amid its body. */
const lengths = ["\xff\xff\xff\xff\xff\xff\xff\xff", "\xff\xff\xff\xfe\xff\xff\xff\xfe", "\xff\xff\xff\xff\x80\x00\x00\x00",
	"\xc0\x00\x00\x00\xc0\x00\x00\x00", "\xc0\x00\x00\x00\xbf\xff\xff\xff", "\x80\x00\x00\x00\xff\xff\xff\xff", "\xff\xff\xff\xff\x01",
	"\x01\xff\xff\xff\xff", "\xff\xff\xff\xf0\x10"];
const cases = {};
for (const [i, l] of lengths.entries()) {
	cases[`lengths ${i} in params`] = params(l);
	cases[`lengths ${i} after good ones`] = B(begin(), record(PARAMS, B(good, l, "AAAA")), record(PARAMS), record(STDIN));
	cases[`lengths ${i} before the request`] = B(values(l), begin(), record(PARAMS, good), record(PARAMS), record(STDIN));
	cases[`lengths ${i} amid the body`] = B(post(9), record(STDIN, B("abc")), values(l), record(STDIN));
}
for (const type of [0, 3, 6, 7, 8, 10, 11, 12, 127, 128, 255]) {
	cases[`type ${type} first`] = B(record(type, B("x")), begin(), record(PARAMS, good), record(PARAMS), record(STDIN));
	cases[`type ${type} amid the body`] = B(post(3), record(type, B("x")), body(B("abc")));
}
Object.assign(cases, {
	"params without end": B(begin(), ...Array(60).fill(record(PARAMS, Buffer.alloc(65535, 1)))),
	"params of a thousand empty names": B(begin(), record(PARAMS, Buffer.alloc(2000)), record(PARAMS), record(STDIN)),
	"the same param 500 times": B(begin(), record(PARAMS, B(...Array(500).fill(pair("REQUEST_URI", "/healthz")))), record(PARAMS), record(STDIN)),
	"body longer than announced": B(post(2), body(Buffer.alloc(300000, 97))),
	"body without end": B(post(5), ...Array(20).fill(record(STDIN, Buffer.alloc(65535, 97)))),
	"body of negative length": B(post("-1"), body(B("abc"))),
	"body of 10^20 bytes": B(post("100000000000000000000"), body(B("abc"))),
	"two lengths": B(begin(), record(PARAMS, B(good, pair("CONTENT_LENGTH", "3"), pair("CONTENT_LENGTH", "9"))), record(PARAMS), body(B("abc"))),
	"padding only": B(begin(), ...Array(200).fill(record(PARAMS, B("\x00"), { padding: 255 }))),
	"another begin amid the body": B(post(9), record(STDIN, B("abc")), begin(), record(STDIN)),
	"another id amid the body": B(post(3), record(STDIN, B("abc"), { id: 77 }), record(STDIN)),
	"version 2 amid the body": B(post(3), record(STDIN, B("abc"), { version: 2 }), record(STDIN)),
});

/* The route that was attacked: nobody died on it, so it is in order, and at once. */
async function asked(socket) {
	const began = performance.now(), r = await request(socket, good_);
	connections++;
	return { ...r, ms: performance.now() - began };
}
async function alive(socket, what) {
	let { ms, ...r } = await asked(socket);
	if (ms >= 1000 * slow) ({ ms, ...r } = await asked(socket)); /* who is held up, is so for seconds */
	slowest = Math.max(slowest, ms);
	check(r.ended && r.status === 200 && ms < 1000 * slow, `${what}: afterwards ${r.how} ${r.status} in ${Math.round(ms)} ms`);
}
function open(socket, bytes) {
	connections++;
	return net.connect(socket).on("error", () => {}).on("connect", function () { this.write(bytes); });
}
async function hurl(socket, bytes, how) {
	connections++;
	return raw(socket, bytes, how);
}

for (const pool of pools) {
	const socket = join(run, `web-${pool}.sock`);
	let n = 0;
	for (const [name, bytes] of Object.entries(cases)) {
		await hurl(socket, bytes, n % 3 === 2 ? { hangUp: true } : { half: true });
		if (++n % 4 === 0) await alive(socket, `${pool}: ${name}`);
	}
	await alive(socket, `${pool}: all cases`);
	/* A good request, ended at each byte: by closing, and by hanging up. */
	const whole = B(post(10), body(B("0123456789")));
	for (let i = 0; i < whole.length; i++) await hurl(socket, whole.subarray(0, i), i % 2 ? { half: true } : { hangUp: true });
	await alive(socket, `${pool}: ended at each of ${whole.length} bytes`);
	/* Many at once: a part of a request each, let go after a moment. */
	for (let round = 0; round < 10; round++) {
		const many = Array.from({ length: 24 }, (_, i) => open(socket, whole.subarray(0, (round * 24 + i) % whole.length)));
		await new Promise((ok) => setTimeout(ok, 50));
		for (const s of many) s.destroy();
	}
	await alive(socket, `${pool}: 240 connections, 24 at once`);
}
/* Who connects and says nothing, or half of something, delays nobody: on each pool and of
   each kind twice as many of them as it has workers. */
const said = { "say nothing": B(), "say a byte": B("\x01"), "say half a head": B(begin(), record(PARAMS, good)) };
for (const pool of pools)
	for (const [what, bytes] of Object.entries(said)) {
		const socket = join(run, `web-${pool}.sock`);
		const many = Array.from({ length: 2 * Number(workers[pool]) }, () => open(socket, bytes));
		await new Promise((ok) => setTimeout(ok, 200));
		for (let i = 0; i < 5; i++) await alive(socket, `${pool}: while ${many.length} ${what}`);
		for (const s of many) s.destroy();
		await alive(socket, `${pool}: after ${many.length} that ${what}`);
	}
/* Half a body, which nginx never sends, holds the one worker that waits for the rest of it,
   and not for long. */
const half = B(post(9), record(STDIN, B("abc")));
await Promise.all(pools.map(async (pool) => {
	const socket = join(run, `web-${pool}.sock`), began = performance.now();
	const ended = raw(socket, half, { wait: 20000 * slow });
	connections++;
	await new Promise((ok) => setTimeout(ok, 200));
	for (let i = 0; i < 3; i++) await alive(socket, `${pool}: while one says half a body`);
	const { how } = await ended, ms = performance.now() - began;
	check(how === "closed" && ms < 8000 * slow, `${pool}: half a body: ${how} after ${Math.round(ms)} ms`);
}));
console.log(`${connections} connections, the slowest next answer ${Math.round(slowest)} ms`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
