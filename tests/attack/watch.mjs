/* A tab in which nothing must happen: what ran, asked for or was drawn that is not ours. */
import { content, origin } from "./browse.mjs";

/* Runs in the page: markup that only an attack brings. */
function odd(own) {
	const list = [], add = (e, why) => list.push(`${why}: ${e.outerHTML.slice(0, 200)}`);
	for (const e of document.querySelectorAll("*")) {
		const name = e.localName;
		if (["iframe", "frame", "object", "embed", "applet", "base", "style", "math", "marquee", "portal", "frameset"].includes(name) && !e.closest("[data-viewer], .k-stage")) add(e, name);
		if (name === "script" && !e.src.startsWith(`${own}/_s/`)) add(e, "script");
		if (name === "link" && e.href && !e.href.startsWith(`${own}/`)) add(e, "link");
		if (name === "meta" && e.httpEquiv) add(e, "meta");
		for (const a of e.attributes) {
			if (/^on/i.test(a.name) || (a.name === "style" && !e.closest("[data-viewer], .k-stage"))) add(e, a.name);
			if (["href", "src", "action", "formaction", "data", "poster", "xlink:href", "background", "ping", "srcset"].includes(a.name) &&
				/^[\s\u0000-\u0020]*(javascript|vbscript|data:(?!image\/))/i.test(a.value)) add(e, a.name);
		}
		if (["img", "video", "audio", "source", "input"].includes(name) && e.src && !e.src.startsWith(own) && !e.src.startsWith("data:") && !/^https?:\/\/content\./.test(e.src)) add(e, "src");
		if (name === "form" && !e.action.startsWith(`${own}/`)) add(e, "action");
	}
	return list;
}

export class Watch {
	constructor(context) {
		this.context = context;
		this.faults = [];
		this.pages = 0;
		this.shown = "";
	}
	async open() {
		const own = [origin, content];
		await this.context.addInitScript(() => {
			window.seen_ = [];
			document.addEventListener("securitypolicyviolation", (e) => window.seen_.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
		});
		this.context.on("request", (q) => {
			if (!own.some((o) => q.url().startsWith(`${o}/`)) && !/^(data|about|blob|chrome|chrome-extension):/.test(q.url())) this.faults.push(`asked for ${q.url()}`);
		});
		this.tab = await this.context.newPage();
		this.context.on("page", (p) => this.faults.push(`opened a window: ${p.url()}`));
		this.tab.on("dialog", (d) => {
			this.faults.push(`dialog at ${this.tab.url()}: ${d.type()} ${d.message()}`);
			return d.dismiss().catch(() => {});
		});
		this.tab.on("pageerror", (e) => this.faults.push(`script: ${e}`));
		this.tab.on("console", (m) => /Content Security Policy|Refused to|Trusted/.test(m.text()) && this.faults.push(`console: ${m.text().slice(0, 200)}`));
		return this;
	}
	/* A page; what is odd about it joins the faults, what it says is kept. */
	async look(path) {
		const a = await this.tab.goto(origin + path, { waitUntil: "load" });
		this.pages++;
		const [list, violations, text, where] = [await this.tab.evaluate(odd, origin), await this.tab.evaluate(() => window.seen_),
			await this.tab.evaluate(() => `${document.title}\n${document.body.textContent}\n${[...document.querySelectorAll("input, textarea, option")].map((e) => e.value).join("\n")}`),
			await this.tab.evaluate(() => location.href)];
		this.faults.push(...list.map((x) => `${path}: ${x}`), ...violations.map((x) => `${path}: policy: ${x}`));
		if (!where.startsWith(`${origin}/`)) this.faults.push(`${path}: led to ${where}`);
		this.shown += text;
		return a.status();
	}
	async close() {
		await this.context.close();
	}
}
