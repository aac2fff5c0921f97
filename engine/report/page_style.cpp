#include "engine/report/page_style.h"

namespace meshmall::engine {

const char* const kPageStyle = R"css(
:root{color-scheme:light dark;--paper:#fff;--ink:#1d2127;--soft:#59626e;--edge:#d5dae1;--panel:#f5f7f9;--base:#5b6470;--cand:#0b63b8;--bad:#b3261e;--warn:#8a5a00;--good:#1b6e3c;--limit:#b3261e;--shade:#8e97a31f}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e6e9ed;--soft:#a2abb6;--edge:#3a424c;--panel:#1c2127;--base:#b3bcc7;--cand:#6db3f8;--bad:#ff8f85;--warn:#f0b95a;--good:#7bd49b;--limit:#ff8f85;--shade:#c3cbd524}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1.25rem 4rem;max-width:72rem;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2.5rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--edge);overflow-wrap:anywhere}h3{font-size:1rem;margin:1.5rem 0 .35rem;overflow-wrap:anywhere}
p{margin:.35rem 0;max-width:60rem;overflow-wrap:anywhere}
.soft{color:var(--soft)}
code{font:.92em ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.banner{border:1px solid var(--edge);border-left:.5rem solid var(--soft);border-radius:.4rem;padding:.9rem 1.1rem;background:var(--panel)}
.banner.bad{border-left-color:var(--bad)}.banner.good{border-left-color:var(--good)}.banner.warn{border-left-color:var(--warn)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.92rem}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--edge);vertical-align:top}
th{font-weight:600;color:var(--soft);white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.s{min-width:13rem;overflow-wrap:anywhere}td.s code{overflow-wrap:normal}
td.t{overflow-wrap:anywhere;min-width:10rem}
.v{display:inline-block;white-space:nowrap;font-weight:600;border:1px solid currentColor;border-radius:.3rem;padding:0 .4rem;font-size:.85em}
.v.bad{color:var(--bad)}.v.warn{color:var(--warn)}.v.good{color:var(--good)}.v.calm{color:var(--soft)}
figure{margin:.5rem 0 1rem;overflow-x:auto}figcaption{color:var(--soft);font-size:.9rem;overflow-wrap:anywhere}
svg{display:block;width:100%;min-width:34rem;max-width:760px;height:auto}
svg.none{min-width:0;position:absolute;width:0;height:0}
svg text{fill:var(--ink);font:11px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
svg .mark,svg .label{fill:var(--soft)}
.axis{stroke:var(--soft);stroke-width:1}.grid{stroke:var(--edge);stroke-width:1}.zero{stroke:var(--soft);stroke-width:1;stroke-dasharray:1 3}
.margin{stroke:var(--limit);stroke-width:1.5}.event{stroke:var(--warn);stroke-width:1.2}
.beyond{fill:url(#hatch);stroke:none}.warm{fill:url(#dots);stroke:none}.during{fill:var(--shade);stroke:none}
.hatch{stroke:var(--limit);stroke-width:1;opacity:.45}.speck{fill:var(--soft);opacity:.55}
.base{stroke:var(--base);fill:none;stroke-width:1.4}.cand{stroke:var(--cand);fill:var(--cand);stroke-width:1.2}
circle.base{fill:var(--paper)}rect.cand{fill-opacity:.55}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round}.base.line{stroke-dasharray:5 3}
.ci{stroke-width:2}.est{fill:var(--paper);stroke-width:2}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;color:var(--soft);font-size:.9rem;margin:.4rem 0}
.legend svg{display:inline-block;min-width:0;width:38px;vertical-align:middle;margin-right:.35rem}
nav ol{columns:2;margin:.3rem 0;padding-left:1.6rem}nav li{overflow-wrap:anywhere}
a{color:var(--cand)}
ol.events{margin:.2rem 0;padding-left:1.8rem;font-size:.92rem}
ul.notes{margin:.3rem 0;padding-left:1.3rem}
@media print{
:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--edge:#bbb;--panel:#fff;--base:#555;--cand:#003f88;--bad:#8f1009;--warn:#6b4500;--good:#0d5229;--limit:#8f1009;--shade:#0000001a}
@page{margin:14mm}
body{max-width:none;padding:0;font-size:10pt}
h2,h3{break-after:avoid}figure,tr{break-inside:avoid}thead{display:table-header-group}
.wide{overflow:visible}table{font-size:8.5pt}th,td{padding:.2rem .35rem}th,td.n,th.n{white-space:normal}td.t{min-width:0}td.s{min-width:0}figure{overflow:visible}svg{min-width:0;max-width:165mm}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
)css";

const char* const kPagePatterns =
    "<svg class=\"none\" aria-hidden=\"true\"><defs>"
    "<pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"7\"/></pattern>"
    "<pattern id=\"dots\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><circle class=\"speck\" cx=\"1.5\" cy=\"1.5\" r=\"0.8\"/></pattern>"
    "</defs></svg>\n";

}  // namespace meshmall::engine
