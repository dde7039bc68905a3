/* A server of a few lines that answers as the path says: what the generator is tested with.
   Its port comes on the first line; it ends when its input does, with whoever began it. */
import http from "node:http";

process.stdin.resume().on("end", () => process.exit());

const began = {};
const send = (r, status, body, headers = {}) => r.writeHead(status, headers).end(body);
const answers = {
	now: (r) => send(r, 200, "right answer"),
	late: (r) => setTimeout(() => send(r, 200, "right answer"), 100),
	/* A second after its first request it stands still for a second. */
	stall: (r) => {
		began.stall ??= setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000), 1000);
		send(r, 200, "right answer");
	},
	shed: (r) => send(r, 503, "later", { "Retry-After": "5" }),
	bare: (r) => send(r, 503, "later"),
	other: (r) => send(r, 200, "another answer"),
	short: (r) => send(r, 200, "right"),
	moved: (r) => send(r, 302, "right answer"),
	chunks: (r) => {
		r.write("right ");
		setTimeout(() => r.end("answer"), 5);
	},
	close: (r) => send(r, 200, "right answer", { Connection: "close" }),
	broken: (r) => {
		r.writeHead(200, { "Content-Length": 1000 }).write("right answer");
		setTimeout(() => r.socket.destroy(), 5);
	},
	never: () => {},
	/* Says what it was sent. */
	echo: (r, q) => {
		let body = "";
		q.on("data", (d) => (body += d)).on("end", () =>
			send(r, body === `a=${q.headers.cookie}&b=${q.url.split("/")[2]}` && Number(q.headers["content-length"]) === body.length
				? 200 : 400, "right answer"));
	},
};

const server = http.createServer((q, r) => answers[q.url.split("/")[1]](r, q));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
