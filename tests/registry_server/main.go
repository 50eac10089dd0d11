// A schema registry for tests: franz-go's fake, on a port below those that clients are given, with a password if one is asked for.
// The first line of its standard input is what it knows from the start: [{"subject": …, "schema": …}, …]; it lives as long as that input is open.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

const (
	lowestPort   = 20000
	highestPort  = 32000
	portAttempts = 100
)

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1; 0 takes a free one")
	user := flag.String("user", "", "name:password that every request must carry")
	readOnly := flag.Bool("readonly", false, "refuse to register schemas")
	flag.Parse()

	var options []srfake.Option
	if *user != "" {
		options = append(options, srfake.WithAuth("Basic "+base64.StdEncoding.EncodeToString([]byte(*user))))
	}
	registry := srfake.NewRegistry(options...)
	if *readOnly {
		registry.Intercept(refuseToRegister)
	}
	input := bufio.NewReader(os.Stdin)
	if err := fill(registry, input); err != nil {
		log.Fatal(err)
	}
	listener, err := listen(*port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go exitAtEnd(input)
	log.Fatal(http.Serve(listener, registry.Handler()))
}

// fill registers what the first line of the input names, so that it is there before anyone can ask.
func fill(registry *srfake.Registry, input *bufio.Reader) error {
	line, err := input.ReadBytes('\n')
	if err != nil {
		return err
	}
	var entries []struct{ Subject, Schema string }
	if err := json.Unmarshal(line, &entries); err != nil {
		return err
	}
	for _, entry := range entries {
		if _, _, err := registry.RegisterSchema(entry.Subject, sr.Schema{Schema: entry.Schema}); err != nil {
			return err
		}
	}
	return nil
}

func refuseToRegister(writer http.ResponseWriter, request *http.Request) bool {
	refused := request.Method == http.MethodPost && strings.HasSuffix(request.URL.Path, "/versions")
	if refused {
		http.Error(writer, `{"error_code": 40301, "message": "read only"}`, http.StatusForbidden)
	}
	return refused
}

func listen(port int) (net.Listener, error) {
	if port != 0 {
		return net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	}
	var err error
	for range portAttempts {
		var listener net.Listener
		if listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", lowestPort+rand.Intn(highestPort-lowestPort))); err == nil {
			return listener, nil
		}
	}
	return nil, err
}

// exitAtEnd ends the server when its input is closed, so that no test leaves one behind.
func exitAtEnd(input *bufio.Reader) {
	_, _ = io.Copy(io.Discard, input)
	os.Exit(0)
}
