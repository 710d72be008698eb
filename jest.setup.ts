import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';
import { TextDecoder, TextEncoder } from 'util';

// What @grafana/ui expects of a browser and jsdom does not have.
Object.assign(globalThis, { TextDecoder, TextEncoder });
Object.defineProperty(window, 'matchMedia', {
  value: (media: string) => ({ matches: false, media, addEventListener() {}, removeEventListener() {} }),
});
Object.defineProperty(HTMLCanvasElement.prototype, 'getContext', {
  value: () => ({ measureText: (text: string) => ({ width: 8 * text.length }) }),
});

Object.defineProperty(window, 'IntersectionObserver', {
  value: class {
    observe() {}
    unobserve() {}
    disconnect() {}
  },
});

// Menus draw only the options that are in view: give every element a height.
Object.defineProperty(Element.prototype, 'getBoundingClientRect', {
  value: () => ({ width: 400, height: 400, top: 0, left: 0, bottom: 400, right: 400, x: 0, y: 0 }),
});
Object.defineProperty(HTMLElement.prototype, 'offsetHeight', { value: 400 });
Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { value: 400 });

// Nothing has a place in jsdom: menus are not moved about, and icons are not fetched.
jest.mock('@floating-ui/react', () => ({ ...jest.requireActual('@floating-ui/react'), autoUpdate: () => () => {} }));
jest.mock('react-inlinesvg', () => ({ __esModule: true, default: () => null }));

// To find out what is hidden, jsdom computes every style on the way up: what tests look for is not hidden.
configure({ defaultHidden: true });
