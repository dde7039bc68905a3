/* FastCGI by hand: well-formed requests, and the pieces to build broken ones from. */
import net from "node:net";

export const BEGIN = 1, PARAMS = 4, STDIN = 5, STDOUT = 6, END = 3;

export function record(type, body = Buffer.alloc(0), { id = 1, version = 1, padding = 0, length } = {}) {
	const n = length ?? body.length;
	const head = Buffer.from([version, type, id >> 8, id & 255, n >> 8, n & 255, padding, 0]);
	return Buffer.concat([head, body, Buffer.alloc(padding)]);
}

export const begin = (role = 1, flags = 0, id = 1) =>
	record(BEGIN, Buffer.from([role >> 8, role & 255, flags, 0, 0, 0, 0, 0]), { id });

export const length = (n) =>
	n < 128 ? Buffer.from([n]) : Buffer.from([0x80 | (n >>> 24), (n >> 16) & 255, (n >> 8) & 255, n & 255]);

export const pair = (name, value) => {
	const a = Buffer.from(name), b = Buffer.from(value);
	return Buffer.concat([length(a.length), length(b.length), a, b]);
};

export const pairs = (o) => Buffer.concat(Object.entries(o).map(([k, v]) => pair(k, v)));

export const ask = (method, uri, more = {}) => ({
	REQUEST_METHOD: method, REQUEST_URI: uri, HTTP_HOST: "localhost", REMOTE_ADDR: "127.0.0.1", ...more,
});

/* Sends raw bytes; resolves with what came back when the peer closes, or after `wait` ms. */
export function raw(socket, bytes, { wait = 4000, half = false, hangUp = false } = {}) {
	return new Promise((done) => {
		const got = [];
		const s = net.connect(socket);
		const finish = (how) => {
			clearTimeout(timer);
			s.destroy();
			done({ how, bytes: Buffer.concat(got) });
		};
		const timer = setTimeout(() => finish("timeout"), wait);
		s.on("error", (e) => finish(e.code));
		s.on("close", () => finish("closed"));
		s.on("data", (d) => got.push(d));
		s.on("connect", () => {
			s.write(bytes, () => {
				if (hangUp) finish("hung up");
				else if (half) s.end();
			});
		});
	});
}

export function answer(bytes) {
	const out = [];
	let ended = false;
	for (let b = bytes; b.length >= 8; ) {
		const n = b.readUInt16BE(4);
		if (b[1] === STDOUT) out.push(b.subarray(8, 8 + n));
		if (b[1] === END) ended = true;
		b = b.subarray(8 + n + b[6]);
	}
	const text = Buffer.concat(out).toString("latin1");
	const [head, ...body] = text.split("\r\n\r\n");
	return {
		ended,
		status: Number(head.match(/^Status: (\d+)/)?.[1] ?? 0),
		headers: Object.fromEntries(head.split("\r\n").slice(1).map((l) => l.split(/: (.*)/s, 2))
			.map(([k, v]) => [k.toLowerCase(), v])),
		body: body.join("\r\n\r\n"),
	};
}

export function head(params) {
	const all = pairs(params);
	const list = [begin()];
	for (let i = 0; i < all.length; i += 65000) list.push(record(PARAMS, all.subarray(i, i + 65000)));
	return Buffer.concat([...list, record(PARAMS)]);
}

export function body(bytes) {
	const list = [];
	for (let i = 0; i < bytes.length; i += 60000) list.push(record(STDIN, bytes.subarray(i, i + 60000)));
	return Buffer.concat([...list, record(STDIN)]);
}

export async function request(socket, params, content = Buffer.alloc(0), options = {}) {
	const p = content.length && !params.CONTENT_LENGTH
		? { ...params, CONTENT_LENGTH: String(content.length) } : params;
	const r = await raw(socket, Buffer.concat([head(p), body(content)]), { wait: 15000, ...options });
	return { how: r.how, ...answer(r.bytes) };
}

/* Each has a socket, run/web-NAME.sock. */
export const pools = ["page", "save", "slow", "must", "sign"];
