// The choice is kept by src/app/core/theme/theme.ts under the same key.
(function () {
  try {
    var choice = localStorage.getItem('cronium.theme');
    if (choice === 'light' || choice === 'dark') document.documentElement.dataset.theme = choice;
  } catch (error) {
    // Storage is refused in some private windows; the system's theme then holds.
  }
})();
