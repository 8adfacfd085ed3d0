/**
 * Words that must stand on one line shrink until they do, down to half their size; after that
 * they wrap. Nothing is ever cut off.
 */
const LEAST = 0.5;

export function fit(element: HTMLElement): () => void {
  let asked = 0;
  const measure = () => {
    element.style.removeProperty('--fit');
    element.style.removeProperty('white-space');
    const { clientWidth: room, scrollWidth: wanted } = element;
    if (room === 0 || wanted <= room) return;
    const share = Math.max(LEAST, Math.floor((room / wanted) * 98) / 100);
    element.style.setProperty('--fit', String(share));
    if (element.scrollWidth > element.clientWidth) element.style.whiteSpace = 'normal';
  };
  const ask = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(measure);
  };
  measure();
  const resized = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(ask);
  if (element.parentElement) resized?.observe(element.parentElement);
  const changed = new MutationObserver(ask);
  changed.observe(element, { childList: true, characterData: true, subtree: true });
  void document.fonts?.ready.then(ask);
  return () => {
    cancelAnimationFrame(asked);
    resized?.disconnect();
    changed.disconnect();
  };
}
