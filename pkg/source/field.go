package source

// Field is one key of a system's settings: how it is asked for, judged and explained.
type Field struct {
	// Key is where it is within the source, such as deployments.from.
	Key  string `json:"key"`
	Kind Kind   `json:"kind"`
	// Label is what the editor and messages call it; empty: it is in files only. Description is said beside it.
	Label       string `json:"label,omitempty"`
	Description string `json:"description,omitempty"`
	// Default is what holds where it is empty, Example what may be there.
	Default string `json:"default,omitempty"`
	Example string `json:"example,omitempty"`
	// Choices are what it may be, the default first. Stated says that the editor writes the default too.
	Choices []Option `json:"choices,omitempty"`
	Stated  bool     `json:"stated,omitempty"`
	// When says that it is there only where another field has one of some values.
	When *When `json:"when,omitempty"`
	// Required says what has to be there; empty: nothing has to. What is within an object is required only with the object.
	Required string `json:"required,omitempty"`
	// Form is what its text, or each of its texts, looks like.
	Form *Form `json:"form,omitempty"`
	// Empty says what follows from leaving it empty, where that is worth a word.
	Empty string `json:"empty,omitempty"`
	// Width of its control in Grafana's units of 8 pixels, and Lines of text; 0: as usual.
	Width int `json:"width,omitempty"`
	Lines int `json:"lines,omitempty"`
	// Fields are those of each entry, of rules; their keys, and those of their conditions, are within the entry.
	Fields []Field `json:"fields,omitempty"`
	// Meaning is what the documentation says of it. Markdown.
	Meaning string `json:"-"`
}

// Kind is what a field holds.
type Kind string

// The kinds of fields.
const (
	Text    Kind = "text"
	Address Kind = "address" // of HTTP; without a log-in
	Pattern Kind = "pattern" // a regular expression
	List    Kind = "list"    // texts
	Globs   Kind = "globs"   // texts, of which those with ! in front leave out
	Choice  Kind = "choice"  // one of Choices
	Flag    Kind = "flag"    // true or false
	Rules   Kind = "rules"   // objects in an order that counts
)

// Option is one of the values of a choice.
type Option struct {
	Value       string `json:"value"`
	Label       string `json:"label"`
	Description string `json:"description"`
}

// Values lists what a choice may be, for the type of the settings to allow.
func Values(options []Option) []string {
	values := make([]string, len(options))
	for i, each := range options {
		values[i] = each.Value
	}
	return values
}

// When is a condition on another field.
type When struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
	// Because says why the field makes no sense with the others, such as ", which name their environments".
	Because string `json:"-"`
}

// Form is what a text looks like, in what the regular expressions of Go and of browsers have in common.
type Form struct {
	Pattern string `json:"pattern"`
	// Allowed says it in words; Noun is what a text of another form is not, such as "a private key".
	Allowed string `json:"allowed"`
	Noun    string `json:"-"`
}

// Secret is a text that can be written and not read.
type Secret struct {
	// Name is its short name.
	Name        string `json:"name"`
	Label       string `json:"label"`
	Description string `json:"description"`
	// Long says that it has several lines, such as a key.
	Long bool  `json:"long,omitempty"`
	Form *Form `json:"-"`
}

// Access is how a system lets us in: by one of several ways.
type Access struct {
	Label       string `json:"label,omitempty"`
	Description string `json:"description,omitempty"`
	// Ways are those there are. The first is taken where nothing of another is configured, and what it needs is asked for
	// when the source is read; the others are configured wholly or not at all.
	Ways []Way `json:"ways"`
}

// Way is one way in.
type Way struct {
	Option
	// Noun is what sentences call it, such as "a GitHub App".
	Noun    string   `json:"noun,omitempty"`
	Fields  []Field  `json:"fields"`
	Secrets []Secret `json:"secrets"`
}

// Permission is something that the credentials must be allowed.
type Permission struct {
	// Name is the vendor's.
	Name string `json:"name"`
	// For says what it is needed for.
	For  string `json:"-"`
	When *When  `json:"when,omitempty"`
}

// Webhook is how a system tells us by itself.
type Webhook struct {
	// Sender is who sends it and Tells what comes of it, for the documentation. Markdown.
	Sender string `json:"-"`
	Tells  string `json:"-"`
	// Proofs are the headers that prove a call genuine, for the description of the API.
	Proofs []Header `json:"-"`
	// Place is where a person tells the system of us, and Template what: <address> is ours, <login> the same with the log-in
	// in it, <id> the source's and <events> those below; TOKEN and SECRET are for the person to fill in.
	Place    string  `json:"place"`
	Template string  `json:"template"`
	Events   []Event `json:"events,omitempty"`
}

// Header is one of a call.
type Header struct{ Name, Description string }

// Event is something that a system is asked to tell of.
type Event struct {
	Name string `json:"name"`
	When *When  `json:"when,omitempty"`
}
