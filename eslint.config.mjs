import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig([
  globalIgnores(['dist/', 'coverage/', '.cache/']),
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}'],
    extends: [hooks.configs.flat.recommended],
    rules: {
      eqeqeq: ['error', 'smart'],
      'no-console': 'error',
    },
  },
  {
    files: ['*.config.js', '.config/**/*.js', 'e2e/**/*.{js,mjs}', 'site/*.mjs'],
    languageOptions: {
      globals: {
        console: false,
        process: false,
        module: false,
        URL: false,
        setTimeout: false,
        window: false,
        document: false,
        fetch: false,
        requestAnimationFrame: false,
        performance: false,
      },
    },
  },
]);
