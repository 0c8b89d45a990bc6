"""How index.html looks: on a wide screen, on a telephone, on paper, in a light and in a dark scheme."""

STYLE = """
:root{color-scheme:light dark;--bg:#fbfbf8;--fg:#1f252d;--muted:#66707e;--panel:#f0f1ee;--line:#d5d8d4;
--trouble:#c0102c;--caution:#8a5a00;--accent:#0b62a8}
@media screen and (prefers-color-scheme:dark){:root{--bg:#14171c;--fg:#d0d5de;--muted:#808a9a;--panel:#1d2229;
--line:#343c47;--trouble:#ff6b74;--caution:#e6c06a;--accent:#7ab8e0}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:64rem;background:var(--bg);color:var(--fg);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans CJK SC",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2rem 0 .6rem;border-bottom:1px solid var(--line)}
h3{font-size:1.05rem;margin:.2rem 0 .6rem}
a{color:var(--accent)}
.muted{color:var(--muted)}
article{background:var(--panel);border-left:.3rem solid var(--muted);padding:.7rem 1rem;margin:.8rem 0}
article.error,article.warn{border-color:var(--trouble)}article.note{border-color:var(--caution)}
article.error h3,article.warn h3{color:var(--trouble)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}
dt{color:var(--muted)}dd{margin:0;min-width:0}
code,pre,td{font-size:.85rem;
font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,"Noto Sans Mono CJK SC",monospace}
code,td,dd,h3{unicode-bidi:isolate}
pre{overflow-x:auto;white-space:pre-wrap;background:var(--panel);padding:.7rem}
.wide{overflow-x:auto;margin:.4rem 0 1rem}
table{border-collapse:collapse}th{text-align:left;color:var(--muted);font-weight:normal;font-size:.85rem}
th,td{padding:.1rem 1rem .1rem 0;vertical-align:top;white-space:nowrap}
td.number{text-align:right}
figure{margin:1rem 0;break-inside:avoid}figcaption{font-weight:bold}
figure .wide svg{width:100%;height:auto;min-width:40rem;max-width:56.25rem;display:block}
@media (max-width:36rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}}
@media print{:root{--bg:#fff}body{max-width:none;padding:0;font-size:10.5pt}a{color:inherit}
h2,h3,figcaption{break-after:avoid}article{background:none;break-inside:avoid}
th,td{white-space:normal;overflow-wrap:normal;font-size:7.5pt;padding-right:.5rem}
figure .wide svg{min-width:0;max-height:22cm}.wide{overflow:visible}}
"""
