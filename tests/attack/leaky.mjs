/* A program with holes, so that the scanners prove that they are awake: a sign-in that puts
   what was typed into SQL and into the page. Listens on a port of its own, for tools.mjs. */
import { execFile } from "node:child_process";
import http from "node:http";
import { join } from "node:path";
import { home } from "../http/world.mjs";

/* A client for each statement: what is typed may leave it half open. */
const ask = (text) => new Promise((done, fail) => execFile("mariadb", ["--no-defaults", `--socket=${join(home, "run/mysql.sock")}`, "--batch", "--skip-column-names",
	"-e", text, "kreide"], { timeout: 8000 }, (e, out, err) => (e ? fail(new Error(err || String(e))) : done(out.split("\n").slice(0, -1)))));

export function leaky() {
	const server = http.createServer((q, r) => {
		let body = "";
		q.on("data", (d) => (body += d));
		q.on("end", async () => {
			const f = new URLSearchParams(body);
			let text = `<form method="post" action="/login"><input name="account"><input name="password" type="password"><button>An</button></form>`, status = 200;
			if (q.method === "POST") {
				const rows = await ask(`SELECT account FROM core_person WHERE account = '${f.get("account")}' AND state = '${f.get("password")}'`)
					.catch((e) => ((status = 500), [String(e.message)]));
				text = `<p>${rows.length ? `Hallo ${rows[0]}` : `Niemand heißt ${f.get("account")}`}</p>${text}`;
			}
			r.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(`<!doctype html><title>x</title>${text}`);
		});
	});
	return new Promise((done) => server.listen(0, "127.0.0.1", () => done({ url: `http://localhost:${server.address().port}/login`,
		close: () => { server.closeAllConnections(); server.close(); } })));
}
