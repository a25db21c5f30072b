"""What somebody sees who opens a page in a browser.

rendered.py PAGE WIDTH

Prints the text as a browser shows it in a window of WIDTH pixels, after four lines: what is wider than
the place that it has ("cut: DIV of messages …", or "cut: nothing"; ids are shortened on purpose), which
characters have no glyph of their own ("no glyph: …"), how many files the page loaded, and how many
scripts it has.
"""
import html
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# Two characters without a glyph look the same.
LOOK = """
const frame = document.querySelector('iframe');
frame.onload = () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  const cut = [...page.querySelectorAll('body *')].filter(e => e.scrollWidth > e.clientWidth + 1 &&
    view.getComputedStyle(e).display !== 'inline' && !e.matches('td.i')).map(
    e => e.tagName + ' of ' + (e.closest('section')?.querySelector('h3').innerText || 'the page'));
  const picture = letter => {
    const brush = Object.assign(document.createElement('canvas'), {width: 40, height: 40}).getContext('2d');
    brush.font = '24px ' + view.getComputedStyle(page.body).fontFamily;
    brush.fillText(letter, 4, 30);
    return brush.getImageData(0, 0, 40, 40).data.join();
  };
  const none = picture('\\u{10fffe}'), text = page.body.innerText;
  const blind = [...new Set(text.match(/[^\\s\\u3000]/gu) || [])].filter(letter => picture(letter) === none);
  document.body.textContent = JSON.stringify({
    cut: page.documentElement.scrollWidth > page.documentElement.clientWidth ? ['HTML', ...cut] : cut, blind, text,
    loaded: view.performance.getEntriesByType('resource').length, scripts: page.scripts.length});
};
frame.src = %s;
"""


def see(page, width):
    with tempfile.TemporaryDirectory() as folder:
        frame = pathlib.Path(folder, "frame.html")
        frame.write_text(f"<!DOCTYPE html><meta charset=utf-8><iframe style='width:{width}px;height:900px;border:0'>"
                         f"</iframe><script>{LOOK % json.dumps(page.resolve().as_uri())}</script>", encoding="utf-8")
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--allow-file-access-from-files", f"--user-data-dir={folder}/profile", f"--window-size={width + 100},1000",
             "--virtual-time-budget=10000", "--dump-dom", frame.as_uri()],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, encoding="utf-8",
            env={**os.environ, "HOME": folder})
    found = re.search(r"<body[^>]*>(\{.*\})\s*</body>", done.stdout, re.DOTALL)
    if not found:
        sys.exit("the browser showed nothing: " + done.stderr[-2000:])
    return json.loads(html.unescape(found[1]))


def main(page, width):
    seen = see(pathlib.Path(page), int(width))
    print("cut: " + (", ".join(seen["cut"]) or "nothing"))
    print("no glyph: " + ("".join(seen["blind"]) or "nothing"))
    print(f"loaded: {seen['loaded']}\nscripts: {seen['scripts']}\n{seen['text']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
