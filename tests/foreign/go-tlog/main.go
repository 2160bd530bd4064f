// Command go-tlog checks Hattama's receipts with the Go project's own transparency log code, so
// that a mistake shared by our writer and our reader cannot hide.
//
// Usage: go-tlog path/to/receipt.json
//
//	go-tlog tiles path/to/log vkey
//
// The second form checks a public log on disk: its checkpoint, every tile and every entry.
//
// It takes nothing of ours for granted but the JSON file: the entry's hash, the checkpoint's
// signature, the proofs, and the signature made anew from the seed are all worked out by
// golang.org/x/mod/sumdb. The exit status is 0 when everything holds, 1 when something does not and
// 2 when the file cannot be read.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type vectors struct {
	Seed        string        `json:"seed"`
	Vkey        string        `json:"vkey"`
	Origin      string        `json:"origin"`
	Receipts    []receipt     `json:"receipts"`
	Consistency []consistency `json:"consistency"`
}

type receipt struct {
	Entry      string   `json:"entry"`
	LeafHash   string   `json:"leaf_hash"`
	Index      int64    `json:"index"`
	Size       int64    `json:"size"`
	Root       string   `json:"root"`
	Proof      []string `json:"proof"`
	Checkpoint string   `json:"checkpoint"`
	Receipt    string   `json:"receipt"`
}

type consistency struct {
	OldSize int64    `json:"old_size"`
	OldRoot string   `json:"old_root"`
	NewSize int64    `json:"new_size"`
	NewRoot string   `json:"new_root"`
	Proof   []string `json:"proof"`
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == "tiles" {
		said, err := checkTiles(os.Args[2], os.Args[3])
		if err != nil {
			fmt.Fprintln(os.Stderr, "go-tlog: FAILED:", err)
			os.Exit(1)
		}
		fmt.Println("go-tlog:", said)
		return
	}
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go-tlog path/to/receipt.json, or go-tlog tiles path/to/log vkey")
		os.Exit(2)
	}
	data, err := os.ReadFile(os.Args[1])
	var v vectors
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err == nil && (len(v.Receipts) == 0 || len(v.Consistency) == 0) {
		err = errors.New("no vectors in the file")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-tlog:", err)
		os.Exit(2)
	}
	if err := check(v); err != nil {
		fmt.Fprintln(os.Stderr, "go-tlog: FAILED:", err)
		os.Exit(1)
	}
	fmt.Printf("go-tlog: %d receipts and %d consistency proofs hold\n", len(v.Receipts), len(v.Consistency))
}

func check(v vectors) error {
	verifier, err := note.NewVerifier(v.Vkey)
	if err != nil {
		return fmt.Errorf("vkey: %w", err)
	}
	signer, err := signerFromSeed(v)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	for i, r := range v.Receipts {
		if err := checkReceipt(v.Origin, verifier, signer, r); err != nil {
			return fmt.Errorf("receipt %d: %w", i, err)
		}
	}
	for i, c := range v.Consistency {
		if err := checkConsistency(c); err != nil {
			return fmt.Errorf("consistency %d: %w", i, err)
		}
	}
	return nil
}

// signerFromSeed makes the private key in Go's own form, and checks that its public half is the
// published one.
func signerFromSeed(v vectors) (note.Signer, error) {
	seed, err := hex.DecodeString(v.Seed)
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%d bytes", len(seed))
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(v.Origin, public)
	if err != nil {
		return nil, err
	}
	if vkey != v.Vkey {
		return nil, fmt.Errorf("the seed's vkey is %s", vkey)
	}
	id := strings.Split(vkey, "+")[1]
	key := append([]byte{1}, seed...)
	return note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%s+%s", v.Origin, id, b64(key)))
}

func checkReceipt(origin string, verifier note.Verifier, signer note.Signer, r receipt) error {
	leaf := tlog.RecordHash([]byte(r.Entry))
	if leaf.String() != r.LeafHash {
		return fmt.Errorf("leaf hash is %s", leaf)
	}

	// The text first, without the JSON beside it: it has to stand alone.
	index, proof, checkpoint, err := parseReceipt(r.Receipt)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	size, root, err := parseCheckpoint(origin, opened.Text)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, size, root, index, leaf); err != nil {
		return err
	}

	// What must not hold, lest the check above hold always.
	other := tlog.RecordHash([]byte(r.Entry + " "))
	if tlog.CheckRecord(proof, size, root, index, other) == nil {
		return errors.New("the proof holds for another entry")
	}

	// Then the JSON beside it, which implementations without a parser use.
	if index != r.Index || size != r.Size || root.String() != r.Root || checkpoint != r.Checkpoint {
		return errors.New("the text and the members differ")
	}
	members, err := hashes(r.Proof)
	if err != nil {
		return err
	}
	if fmt.Sprint(members) != fmt.Sprint([]tlog.Hash(proof)) {
		return errors.New("the text and the proof differ")
	}

	again, err := note.Sign(&note.Note{Text: opened.Text}, signer)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, []byte(checkpoint)) {
		return errors.New("signing anew gives another note")
	}
	return nil
}

func checkConsistency(c consistency) error {
	proof, err := hashes(c.Proof)
	if err != nil {
		return err
	}
	oldRoot, err := tlog.ParseHash(c.OldRoot)
	if err != nil {
		return err
	}
	newRoot, err := tlog.ParseHash(c.NewRoot)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, c.NewSize, newRoot, c.OldSize, oldRoot)
}

// parseReceipt reads c2sp.org/tlog-proof@v1 without an extra line.
func parseReceipt(text string) (int64, tlog.RecordProof, string, error) {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	if !found {
		return 0, nil, "", errors.New("the receipt has no empty line")
	}
	lines := strings.Split(head, "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return 0, nil, "", errors.New("the receipt does not begin like one")
	}
	digits, found := strings.CutPrefix(lines[1], "index ")
	if !found {
		return 0, nil, "", errors.New("the receipt has no index")
	}
	index, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, nil, "", err
	}
	proof, err := hashes(lines[2:])
	return index, proof, checkpoint, err
}

func parseCheckpoint(origin, text string) (int64, tlog.Hash, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] != origin || lines[3] != "" {
		return 0, tlog.Hash{}, errors.New("the note is not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return size, root, err
}

func hashes(texts []string) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, 0, len(texts))
	for _, text := range texts {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		list = append(list, hash)
	}
	return list, nil
}

func b64(data []byte) string {
	return base64.StdEncoding.EncodeToString(data)
}
