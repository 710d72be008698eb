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

// Nothing has a place in jsdom: menus are not moved about, and icons are not fetched.
jest.mock('@floating-ui/react', () => ({ ...jest.requireActual('@floating-ui/react'), autoUpdate: () => () => {} }));
jest.mock('react-inlinesvg', () => ({ __esModule: true, default: () => null }));

// Menus draw the options that are in view; here all of them are.
jest.mock('@tanstack/react-virtual', () => ({
  useVirtualizer: ({ count }: { count: number }) => ({
    getVirtualItems: () => Array.from({ length: count }, (_, index) => ({ index, key: index, start: 0, size: 40 })),
    getTotalSize: () => 40 * count,
    scrollToIndex() {},
  }),
}));

// To find out what is hidden, jsdom computes every style on the way up: what tests look for is not hidden.
configure({ defaultHidden: true });
