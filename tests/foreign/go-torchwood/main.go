// Command go-torchwood checks Hattama's receipts and cosigned checkpoints with filippo.io/torchwood,
// the library of people who run transparency logs and witnesses of their own.
//
// Usage: go-torchwood proof POLICY ENTRY RECEIPT
//
//	go-torchwood checkpoint POLICY NOTE
//
// POLICY is a C2SP tlog-policy file, ENTRY the log's entry as text (hattama-record/v1 HEX), RECEIPT
// a c2sp.org/tlog-proof@v1 file and NOTE a signed checkpoint. The exit status is 0 when it holds, 1
// when it does not and 2 when a file cannot be read.
package main

import (
	"fmt"
	"os"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	said, err := judge(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-torchwood: FAILED:", err)
		os.Exit(1)
	}
	fmt.Println("go-torchwood:", said)
}

func judge(arguments []string) (string, error) {
	if len(arguments) == 4 && arguments[0] == "proof" {
		policy := readPolicy(arguments[1])
		entry := tlog.RecordHash([]byte(arguments[2]))
		return "the receipt holds", torchwood.VerifyProof(policy, entry, read(arguments[3]))
	}
	if len(arguments) == 3 && arguments[0] == "checkpoint" {
		policy := readPolicy(arguments[1])
		checkpoint, signed, err := torchwood.VerifyCheckpoint(read(arguments[2]), policy)
		if err != nil {
			return "", err
		}
		said := "the checkpoint of %d entries holds, with %d signatures"
		return fmt.Sprintf(said, checkpoint.N, len(signed.Sigs)), nil
	}
	fmt.Fprintln(os.Stderr, "usage: go-torchwood proof POLICY ENTRY RECEIPT, or checkpoint POLICY NOTE")
	os.Exit(2)
	return "", nil
}

func readPolicy(name string) torchwood.Policy {
	policy, err := torchwood.ParsePolicy(read(name))
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-torchwood:", err)
		os.Exit(2)
	}
	return policy
}

func read(name string) []byte {
	data, err := os.ReadFile(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-torchwood:", err)
		os.Exit(2)
	}
	return data
}
