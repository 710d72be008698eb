import CopyPlugin from 'copy-webpack-plugin';
import path from 'path';
import type { Configuration } from 'webpack';

import { ListBundled } from './bundled';

const root = process.cwd();
const pluginId = 'livedora-dora-datasource';

/** What Grafana hands to a plugin at run time; everything else is part of the bundle. */
const sharedByGrafana = [
  'react',
  'react-dom',
  'rxjs',
  '@emotion/css',
  '@grafana/data',
  '@grafana/runtime',
  '@grafana/ui',
];

/**
 * Documents of the package, taken over as they are. Those that are not written yet are left out. Grafana shows the README on
 * the plugin's page, where the repository's own would have dead links and pictures.
 */
const documents = [
  { from: 'plugin.json', to: '.' },
  ...['src/README.md', 'CHANGELOG.md', 'LICENSE'].map((name) => ({
    from: name,
    to: '[name][ext]',
    noErrorOnMissing: true,
  })),
  { from: 'src/img', to: 'img' },
  { from: 'docs/img/{overview,lead-time,signals,trust}-dark.png', to: 'img/[name][ext]' },
  { from: 'dashboards/*.json', to: 'dashboards/[name][ext]', noErrorOnMissing: true },
];

const config: Configuration = {
  context: root,
  entry: { module: './src/module.ts' },
  devtool: 'source-map',
  externals: sharedByGrafana,
  resolve: { extensions: ['.ts', '.tsx', '.js'] },
  module: {
    rules: [
      {
        test: /\.tsx?$/,
        exclude: /node_modules/,
        use: {
          loader: 'swc-loader',
          options: {
            jsc: {
              target: 'es2020',
              parser: { syntax: 'typescript', tsx: true },
              transform: { react: { runtime: 'classic' } },
            },
          },
        },
      },
    ],
  },
  output: {
    path: path.resolve(root, 'dist'),
    filename: '[name].js',
    library: { type: 'amd' },
    publicPath: `public/plugins/${pluginId}/`,
    uniqueName: pluginId,
    // The backend's binaries and the notices are built into the same folder, by other tools.
    clean: { keep: /gpx_|go_plugin_build_manifest|THIRD_PARTY_NOTICES/ },
  },
  plugins: [new CopyPlugin({ patterns: documents }), new ListBundled(path.resolve(root, '.cache/bundled.json'))],
};

export default config;
