/** The one style sheet of the report: on screen light or dark, on paper always light. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2024;--soft:#5b6470;--line:#d9dee5;--tint:#f5f7fa;--bad:#b3261e;--warn:#8a5a00;--good:#1f6f43;
--s0:#2f6fd0;--s1:#d08a00;--s2:#1f8a5b;--s3:#9a4fd0;--s4:#0e8aa0;--s5:#b8477f}
@media screen and (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e8ebef;--soft:#9aa5b1;--line:#2e353d;--tint:#1c2127;--bad:#ff8a80;--warn:#f0b85a;--good:#7bd3a3;
--s0:#7fb0ff;--s1:#f0b85a;--s2:#6fd3a2;--s3:#cf9bff;--s4:#6fd0e0;--s5:#f09ac4}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:40px 28px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:18px;margin:40px 0 10px;break-after:avoid}
h2~p:not(:last-child){break-after:avoid}
p{margin:0 0 10px;max-width:72ch}
.soft,small,caption{color:var(--soft)}
small{font-size:.86em}
.bad{color:var(--bad);font-weight:600}.warn{color:var(--warn);font-weight:600}.good{color:var(--good)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(120px,1fr));gap:10px;margin:22px 0 0;padding:0;list-style:none}
.tiles li{border:1px solid var(--line);border-radius:8px;padding:12px 14px;background:var(--tint)}
.tiles b{display:block;font-size:24px;line-height:1.15;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:0 0 6px}
th,td{text-align:left;vertical-align:top;padding:6px 10px 6px 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600;font-size:.86em;vertical-align:bottom}
td small{display:block}
.all td{padding-right:12px}
.n{text-align:right}.w{white-space:nowrap}
tr{break-inside:avoid}
code,pre{font:12px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{overflow-wrap:anywhere}
pre{background:var(--tint);border:1px solid var(--line);border-radius:6px;padding:10px 12px;margin:0 0 12px;white-space:pre-wrap;overflow-wrap:anywhere;break-inside:avoid}
dl{display:grid;grid-template-columns:minmax(120px,max-content) 1fr;gap:4px 18px;margin:0 0 12px}
dt{color:var(--soft)}dd{margin:0;min-width:0;overflow-wrap:anywhere}
figure{margin:0;break-inside:avoid}
svg{display:block;width:100%;height:auto}
.grid{stroke:var(--line);stroke-width:1}.axis{fill:var(--soft);font-size:10px}
.failed{stroke:var(--bad);stroke-width:1.8;fill:none}
.s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}.s5{fill:var(--s5)}
.key{display:flex;flex-wrap:wrap;gap:4px 16px;margin:6px 0 0;padding:0;list-style:none;font-size:.9em}
.key svg{display:inline-block;width:10px;height:10px;margin-right:6px;vertical-align:-1px}
.sign{display:grid;grid-template-columns:1fr 1fr;gap:28px;margin-top:16px;break-inside:avoid}
.sign div{border-top:1px solid var(--ink);padding-top:6px;margin-top:46px}
@page{size:A4;margin:16mm 15mm 18mm}
@media print{
body{font-size:8.6pt}
main{max-width:none;padding:0}
h1{font-size:18pt}h2{font-size:12pt;margin:20pt 0 6pt}
.tiles b{font-size:15pt}.tiles li{padding:7pt 9pt}
.all{font-size:6.9pt;line-height:1.3}.all td{padding:2pt 5pt 2pt 0}
.scroll{overflow:visible}
th,td{padding:3.4pt 6pt 3.4pt 0}
thead{display:table-header-group}
code,pre{font-size:7.4pt}
.axis{font-size:9px}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}`;
