import { spawn, execFileSync } from "node:child_process";
import fs from "node:fs"; import net from "node:net"; import path from "node:path";
import { chromium } from "playwright-core";
const bin="/work/target-node/debug/yakusoku", dir=fs.mkdtempSync("/tmp/nodeshot/w-");
const target=net.createServer(s=>{ if(!s.remoteAddress.endsWith("127.0.0.3")) s.write("hello\r\n"); s.on("error",()=>{}); setTimeout(()=>s.destroy(),500)});
await new Promise(r=>target.listen(0,"127.0.0.1",r)); const port=target.address().port;
const free=net.createServer(); await new Promise(r=>free.listen(0,"127.0.0.1",r)); const link=free.address().port; free.close();
fs.writeFileSync(path.join(dir,"y.toml"),`data = "data"
[console]
listen = "127.0.0.1:0"
[link]
listen = "127.0.0.1:${link}"
[[composition]]
name = "pro"
delivery = "sandbox"
listen = ["127.0.0.1:0"]
[[check]]
name = "top"
kind = "tcp"
host = "127.0.0.1"
port = ${port}
expect = "hello"
every = "2s"
timeout = "1s"
sites = ["office", "osaka", "sapporo"]
[[check]]
name = "plain"
kind = "tcp"
host = "127.0.0.1"
port = ${port}
every = "2s"
[[contract]]
file = "/work/wt-node/contracts/five-tiers.toml"
[contract.measure]
http = "top"
`);
const y=(...a)=>execFileSync(bin,a,{cwd:dir,env:{...process.env,YAKUSOKU_CONFIG:"y.toml"}}).toString();
const kids=[]; const run=(...a)=>{const c=spawn(bin,a,{cwd:dir,stdio:["ignore","ignore",fs.openSync(path.join(dir,a[0]+".log"),"a")]}); kids.push(c); return c;};
for (const [n,s] of [["osaka","127.0.0.2"],["sapporo","127.0.0.3"]]) {
  fs.writeFileSync(path.join(dir,n+".token"),y("station","add",n,"--kind","node"));
  fs.writeFileSync(path.join(dir,n+".toml"),`office = "https://127.0.0.1:${link}"\ntoken = "file:${n}.token"\nstate = "${n}"\n[look]\nnetworks = ["127.0.0.0/8"]\nsource = "${s}"\n`);
}
const pw=y("user","add","admin@example.jp","--admin","--generate").trim().split(/\s+/).pop();
run("office","--config","y.toml","--ready-file","r.json");
while(!fs.existsSync(path.join(dir,"r.json"))) await new Promise(r=>setTimeout(r,200));
run("node","--config","osaka.toml"); run("node","--config","sapporo.toml");
const url=JSON.parse(fs.readFileSync(path.join(dir,"r.json"))).console;
await new Promise(r=>setTimeout(r,15000));
const b=await chromium.launch({executablePath:"/usr/bin/chromium",args:["--no-sandbox"]});
const p=await b.newPage({viewport:{width:1280,height:900}, locale:"ja-JP"});
await p.goto(url+"/sign-in"); console.log(await p.title(), pw);
await p.fill('input[name="login"]',"admin@example.jp"); await p.fill('input[name="password"]',pw); await p.click('button[type="submit"], main button');
await p.waitForLoadState();
for (const lang of ["ja","en"]) for (const w of [1280,390]) {
  await p.setViewportSize({width:w,height:900});
  await p.setExtraHTTPHeaders({"Accept-Language":lang});
  for (const [n,u] of [["checks","/checks"],["check","/checks/top"],["site","/checks/top?site=sapporo"]]) {
    await p.goto(url+u+(u.includes("?")?"&":"?")+"lang="+lang); await p.screenshot({path:`/tmp/nodeshot/${n}-${lang}-${w}.png`,fullPage:false});
    console.log(n,lang,w, await p.evaluate(()=>document.documentElement.scrollWidth));
  }
}
await b.close(); for (const k of kids) k.kill("SIGTERM"); target.close(); setTimeout(()=>process.exit(0),3000);
