/* Hostile FastCGI records against a running pool: node abuse.mjs SOCKET [SEED]. Each may
   cost its own connection; after each one /healthz must still answer. Ends with the line
   "N passed, N failed". */
import { BEGIN, PARAMS, STDIN, ask, begin, body, head, pair, pairs, raw, record, request } from "./fcgi.mjs";

const socket = process.argv[2];
let seed = Number(process.argv[3] ?? 20261121);
const random = (n) => {
	seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
	return Math.floor((seed / 2 ** 32) * n);
};
let passed = 0, failed = 0;

const B = (...list) => Buffer.concat(list.map((x) => (typeof x === "string" ? Buffer.from(x, "latin1") : x)));
const good = pairs(ask("GET", "/healthz"));
const hostile = (lengths) => B(begin(), record(PARAMS, B(lengths, "AAAA")), record(PARAMS), record(STDIN));

const cases = {
	"nothing at all": B(),
	"one byte": B("\x01"),
	"HTTP instead": B("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
	"lengths 7fffffff": hostile("\xff\xff\xff\xff\xff\xff\xff\xff"),
	"lengths 7ffffffe": hostile("\xff\xff\xff\xfe\xff\xff\xff\xfe"),
	"lengths 40000000": hostile("\xc0\x00\x00\x00\xc0\x00\x00\x00"),
	"name longer than the stream": hostile("\x7f\x00"),
	"value longer than the stream": hostile("\x01\x7f"),
	"four-byte length cut off": B(begin(), record(PARAMS, B("\x80\x00")), record(PARAMS), record(STDIN)),
	"empty name": hostile("\x00\x04"),
	"NUL in a value": B(begin(), record(PARAMS, pair("REQUEST_URI", "/healthz\0x")), record(PARAMS), record(STDIN)),
	"version 0": B(record(BEGIN, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]), { version: 0 })),
	"version 255": B(record(BEGIN, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]), { version: 255 })),
	"request id 0": begin(1, 0, 0),
	"authorizer": B(begin(2), record(PARAMS, good), record(PARAMS), record(STDIN)),
	"filter": B(begin(3), record(PARAMS, good), record(PARAMS), record(STDIN)),
	"role 65535": B(begin(65535), record(PARAMS, good), record(PARAMS)),
	"begin of 4 bytes": record(BEGIN, Buffer.from([0, 1, 0, 0])),
	"begin of 65535 bytes": record(BEGIN, Buffer.alloc(65535)),
	"begin announced, not sent": record(BEGIN, Buffer.alloc(0), { length: 8 }),
	"begin twice": B(begin(), begin(), record(PARAMS, good), record(PARAMS), record(STDIN)),
	"params first": B(record(PARAMS, good), record(PARAMS), record(STDIN)),
	"params of another request": B(begin(), record(PARAMS, good, { id: 2 }), record(PARAMS, B(), { id: 2 })),
	"stdin before params": B(begin(), record(STDIN, B("x")), record(PARAMS, good), record(PARAMS)),
	"get_values first": record(9, pair("FCGI_MAX_CONNS", ""), { id: 0 }),
	"get_values with hostile lengths": record(9, B("\xff\xff\xff\xfe\xff\xff\xff\xfeAAAA"), { id: 0 }),
	"get_values with hostile lengths in the body": B(begin(),
		record(PARAMS, pairs(ask("POST", "/healthz", { CONTENT_LENGTH: "5" }))), record(PARAMS),
		record(9, B("\xff\xff\xff\xfe\xff\xff\xff\xfeAAAA"), { id: 0 }), record(STDIN)),
	"unknown type 255": B(begin(), record(255, B("x"))),
	"unknown management type": record(200, B("x"), { id: 0 }),
	"abort at once": B(begin(), record(2)),
	"abort in the body": B(head(ask("POST", "/healthz", { CONTENT_LENGTH: "5" })), record(STDIN, B("ab")), record(2)),
	"half the params": B(begin(), record(PARAMS, good).subarray(0, 20)),
	"no end of the params": B(begin(), record(PARAMS, good)),
	"70,000 bytes of params": head({ ...ask("GET", "/healthz"), HTTP_X: "x".repeat(70000) }),
	"params without an end": B(begin(), ...Array(40).fill(record(PARAMS, Buffer.alloc(65535, 1)))),
	"records of nothing but padding": B(begin(), ...Array(400).fill(record(PARAMS, B("\x00"), { padding: 255 }))),
	"10,000 tiny params": B(begin(), ...Array(10000).fill(record(PARAMS, B("\x01\x00A"))), record(PARAMS), record(STDIN)),
	"body shorter than announced": B(head(ask("POST", "/healthz", { CONTENT_LENGTH: "1000" })), body(B("abc"))),
	"body longer than announced": B(head(ask("POST", "/healthz", { CONTENT_LENGTH: "1" })), body(Buffer.alloc(200000, 97))),
	"stdin record cut off": B(head(ask("POST", "/healthz", { CONTENT_LENGTH: "9" })), record(STDIN, B("abc"), { length: 9 })),
	"two requests on one connection": B(head(ask("GET", "/healthz")), record(STDIN), head(ask("GET", "/healthz")), record(STDIN)),
	"keep the connection": B(begin(1, 1), record(PARAMS, good), record(PARAMS), record(STDIN)),
	"noise": Buffer.from(Array.from({ length: 5000 }, () => random(256))),
};

async function alive(name) {
	const r = await request(socket, ask("GET", "/healthz"));
	const ok = r.ended && (r.status === 200 || r.status === 503);
	ok ? passed++ : failed++;
	if (!ok) console.log(`not ok - ${name}: afterwards ${r.how} ${r.status}`);
}

for (const [name, bytes] of Object.entries(cases)) {
	await raw(socket, bytes, { half: true });
	await alive(name);
	await raw(socket, bytes, { hangUp: true });
	await alive(`${name}, hung up`);
}
/* A good request with a few bytes changed: most break it, none may break more. */
for (let i = 0; i < 150; i++) {
	const bytes = B(head(ask("POST", "/healthz", { CONTENT_LENGTH: "10" })), body(B("0123456789")));
	for (let k = 0; k <= random(4); k++) bytes[random(bytes.length)] = random(256);
	await raw(socket, bytes.subarray(0, random(10) ? bytes.length : random(bytes.length)), { half: true });
	if (i % 10 === 9) await alive(`mutation ${i}`);
}
/* Connections that say nothing are put aside, and sent away in the end; more of them than the
   seats of all workers. */
const silent = Array.from({ length: 100 }, () => raw(socket, B("\x01"), { wait: 30000 }));
await alive("a hundred silent connections");
await Promise.all(silent);
await alive("after the silent ones");
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
