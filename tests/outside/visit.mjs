// Visits a running Kreide as a browser without scripts would: cookies, forms with their hidden
// fields. For the shell tests of this folder: node visit.mjs PORT FILE, where FILE is a list of
// [account, method, path, fields, expected status, expected texts ...], a line each, in JSON.
import { readFileSync } from "node:fs";
import { request } from "node:http";

const [port, file] = process.argv.slice(2);
const people = new Map();
let passed = 0, failed = 0;

function send(person, method, path, body) {
	return new Promise((resolve, reject) => {
		const headers = { Host: `localhost:${port}`, "Accept-Language": "de" };
		if (person.cookies.size)
			headers.Cookie = [...person.cookies].map(([k, v]) => `${k}=${v}`).join("; ");
		if (body !== undefined) {
			headers["Content-Type"] = "application/x-www-form-urlencoded";
			headers["Content-Length"] = Buffer.byteLength(body);
			headers.Origin = `http://localhost:${port}`;
			headers["Sec-Fetch-Site"] = "same-origin";
		}
		const r = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
			for (const line of answer.headers["set-cookie"] ?? []) {
				const [name, value] = line.split(";")[0].split("=");
				person.cookies.set(name, value);
			}
			let text = "";
			answer.setEncoding("utf8").on("data", (part) => (text += part));
			answer.on("end", () => resolve({ status: answer.statusCode, text,
				location: answer.headers.location ?? "" }));
		});
		r.setTimeout(20000, () => r.destroy(new Error(`no answer: ${method} ${path}`)));
		r.on("error", reject).end(body);
	});
}

const plain = (s) => s.replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&lt;/g, "<")
	.replace(/&gt;/g, ">").replace(/&amp;/g, "&");

// The hidden fields of the form that goes to this path, on the page last seen.
function hidden(page, path) {
	const fields = {};
	for (const [, head, inside] of page.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)) {
		if (plain(/action="([^"]*)"/.exec(head)?.[1] ?? "") !== path) continue;
		for (const [tag] of inside.matchAll(/<input[^>]*type="hidden"[^>]*>/g))
			fields[/name="([^"]*)"/.exec(tag)[1]] =
				plain(/value="([^"]*)"/.exec(tag)?.[1] ?? "");
	}
	return fields;
}

async function visit(account, method, path, fields) {
	let person = people.get(account);
	if (!person) {
		people.set(account, (person = { cookies: new Map(), page: "" }));
		if (account !== "nobody") {
			person.page = (await send(person, "GET", "/login")).text;
			const login = await visit(account, "POST", "/login",
				{ account, password: "Kreide-demo-1" });
			if (login.status !== 303)
				throw new Error(`${account} cannot sign in: ${login.status}`);
		}
	}
	const all = { ...(method === "POST" ? hidden(person.page, path) : {}), ...fields };
	const body = method === "POST" ? new URLSearchParams(all).toString() : undefined;
	const answer = await send(person, method, path, body);
	// After a redirect the page with the form is still the one before.
	if (answer.status !== 303) person.page = answer.text;
	return answer;
}

for (const line of readFileSync(file, "utf8").split("\n").filter((l) => l.startsWith("["))) {
	const [account, method, path, fields, status, ...texts] = JSON.parse(line);
	const answer = await visit(account, method, path, fields);
	const seen = plain(answer.text) + answer.location;
	// A text that begins with ! must not be there.
	const odd = texts.filter((t) => (t[0] === "!" ? seen.includes(t.slice(1)) : !seen.includes(t)));
	if (answer.status === status && odd.length === 0) {
		passed++;
		continue;
	}
	failed++;
	console.log(`FAILED ${account} ${method} ${path}: ${answer.status} ${answer.location}, ` +
		`wanted ${status}${odd.map((t) => `, text "${t}"`).join("")}`);
	if (process.env.SHOW) console.log(answer.text);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
