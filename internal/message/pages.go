package message

import (
	"errors"
	"fmt"
	html "html/template"
	"io"
	"regexp"
	"strings"
	text "text/template"
)

// The blocks a template file may define. The two pages are the layout's; they
// call the block of the kind.
const (
	blockSubject = "subject"
	blockSMS     = "sms"
	pageText     = "text_page"
	pageHTML     = "html_page"
)

// pages are the parsed templates of one kind in one locale: the same files once
// as text, once as HTML with its escaping.
type pages struct {
	text *text.Template
	html *html.Template
}

// What a key that Data does not have is: an error when templates are tried,
// nothing in a real message.
const (
	missingWrong = "missingkey=error"
	missingEmpty = "missingkey=zero"
)

// parsePages parses the chain of files.
func parsePages(chain []source, missing string) (*pages, error) {
	p := &pages{text: text.New("").Option(missing), html: html.New("").Option(missing)}
	for _, src := range chain {
		if _, err := p.text.New(src.path).Parse(src.text); err != nil {
			return nil, err
		}
		if _, err := p.html.New(src.path).Parse(src.text); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// mail renders the three parts of an e-mail.
func (p *pages) mail(v Vars) (Rendered, error) {
	subject, err1 := execute(p.text.ExecuteTemplate, blockSubject, v)
	body, err2 := execute(p.text.ExecuteTemplate, pageText, v)
	if err := errors.Join(err1, err2); err != nil { // the page would only repeat it
		return Rendered{}, err
	}
	page, err := execute(p.html.ExecuteTemplate, pageHTML, v)
	return Rendered{Subject: oneLine(subject, maxSubject), Text: tidy(body) + "\n", HTML: page + "\n"}, err
}

// sms renders the text of an SMS.
func (p *pages) sms(v Vars) (string, error) {
	body, err := execute(p.text.ExecuteTemplate, blockSMS, v)
	return tidy(body), err
}

func execute(run func(io.Writer, string, any) error, block string, v Vars) (string, error) {
	var b strings.Builder
	err := run(&b, block, v)
	return strings.TrimSpace(b.String()), err
}

// gaps are the blank lines that empty actions leave behind.
var gaps = regexp.MustCompile(`[ \t]*\n([ \t]*\n)+`)

// tidy trims s and leaves at most one blank line between paragraphs.
func tidy(s string) string { return gaps.ReplaceAllString(strings.TrimSpace(s), "\n\n") }

// defined finds the blocks a file defines.
var defined = regexp.MustCompile(`\{\{-?\s*define\s+"([^"]*)"`)

// strayBlocks finds misspelt blocks: such as the built-in templates do not have
// and none of the files calls. They would be left out silently otherwise.
func strayBlocks(chain []source) error {
	known := map[string]bool{blockSMS: true}
	var joined strings.Builder
	for _, src := range chain {
		joined.WriteString(src.text)
		if !strings.HasPrefix(src.path, "TEMPLATES_DIR/") {
			for _, m := range defined.FindAllStringSubmatch(src.text, -1) {
				known[m[1]] = true
			}
		}
	}
	called := joined.String()
	var problems []error
	for _, src := range chain {
		for _, m := range defined.FindAllStringSubmatch(src.text, -1) {
			if !known[m[1]] && !strings.Contains(called, `template "`+m[1]+`"`) {
				problems = append(problems, fmt.Errorf("%s: block %q is neither known nor used", src.path, m[1]))
			}
		}
	}
	return errors.Join(problems...)
}
