(function () {
  var root = document.documentElement, buttons = document.querySelectorAll(".switch button");
  function show(language) {
    root.setAttribute("data-lang", language);
    root.lang = language === "zh" ? "zh-Hans" : "en";
    document.title = root.getAttribute("data-title-" + language);
    buttons.forEach(function (it) { it.setAttribute("aria-pressed", String(it.value === language)); });
  }
  buttons.forEach(function (it) { it.addEventListener("click", function () { show(it.value); }); });
  function asked() { var hash = location.hash.slice(1); return hash === "zh" || hash === "en" ? hash : null; }
  show(asked() || root.getAttribute("data-lang"));
  addEventListener("hashchange", function () { if (asked()) { show(asked()); } });
  addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (it) { it.open = true; });
  });
})();
