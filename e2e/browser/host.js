/*
 * What Grafana is to a plugin, as far as its editors need it: the shared modules, an AMD loader, a theme, a template
 * service and a backend. Everything else of the plugin comes from the bundle that ships.
 */
import * as emotion from '@emotion/css';
import * as data from '@grafana/data';
import * as runtime from '@grafana/runtime';
import * as ui from '@grafana/ui';
import React from 'react';
import * as ReactDOM from 'react-dom';
import { createRoot } from 'react-dom/client';
import * as rxjs from 'rxjs';

const shared = {
  '@emotion/css': emotion,
  '@grafana/data': data,
  '@grafana/runtime': runtime,
  '@grafana/ui': ui,
  react: React,
  'react-dom': ReactDOM,
  rxjs,
};

let plugin;
window.define = (names, factory) => {
  const modules = names.map((name) => {
    if (!(name in shared)) {
      throw new Error(`the bundle asks for ${name}, which Grafana does not share with plugins`);
    }
    return shared[name];
  });
  plugin = factory(...modules).plugin;
};

runtime.setBackendSrv({
  fetch: (request) =>
    rxjs.from(
      fetch(request.url, { method: request.method, body: JSON.stringify(request.data) }).then(async (response) => {
        if (!response.ok) {
          throw { status: response.status, data: {} };
        }
        return { status: response.status, data: await response.json() };
      })
    ),
});
runtime.setTemplateSrv({ replace: (text) => text, getVariables: () => [{ name: 'team', type: 'query' }] });

function Page({ Editor, initial, valueProp, changeProp, extra }) {
  const [value, setValue] = React.useState(initial);
  window.emitted = value;
  window.replace = setValue;
  const change = { [valueProp]: value, [changeProp]: setValue };
  return React.createElement(Editor, { ...extra, ...change });
}

let root;

/** Shows one editor of the plugin. `window.emitted` is what it emitted last. */
window.show = ({ editor, mode, value }) => {
  const { DataSourceClass, components } = plugin;
  const datasource = new DataSourceClass({ uid: 'livedora', type: 'livedora-dora-datasource', jsonData: {}, meta: {} });
  const pages = {
    query: { Editor: components.QueryEditor, valueProp: 'query', changeProp: 'onChange' },
    variable: { Editor: datasource.variables.editor, valueProp: 'query', changeProp: 'onChange' },
    config: { Editor: components.ConfigEditor, valueProp: 'options', changeProp: 'onOptionsChange' },
  };
  const theme = data.createTheme({ colors: { mode } });
  root?.unmount();
  root = createRoot(document.getElementById('page'));
  root.render(
    React.createElement(
      data.ThemeContext.Provider,
      { value: theme },
      React.createElement(ui.GlobalStyles),
      React.createElement(ui.PortalContainer),
      React.createElement(Page, { ...pages[editor], initial: value, extra: { datasource, onRunQuery: () => {} } })
    )
  );
};
