package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// folder is a public log on disk, read as C2SP tlog-tiles lays it out. Partial tiles may be gone
// once the full one is there; then its beginning is what was asked for.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(tiles))
	for i, tile := range tiles {
		// Go's own paths carry the height, which is fixed in C2SP's.
		data, err := f.file("tile/"+strings.TrimPrefix(tile.Path(), "tile/8/"), tile.W*tlog.HashSize)
		if err != nil {
			return nil, err
		}
		read[i] = data
	}
	return read, nil
}

// file reads a tile; if it is a partial one that is gone, the first n bytes of the full one.
func (f folder) file(path string, n int) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(string(f), path))
	if errors.Is(err, os.ErrNotExist) {
		if whole, _, partial := strings.Cut(path, ".p/"); partial {
			data, err = os.ReadFile(filepath.Join(string(f), whole))
			if err == nil && n >= 0 && len(data) >= n {
				data = data[:n]
			}
		}
	}
	return data, err
}

// entries reads the bundle with the entries from first on, of which the log of this size has some.
func (f folder) entries(first, size int64) ([][]byte, error) {
	tile := tlog.Tile{H: 8, L: 0, N: first / 256, W: int(min(256, size-first))}
	path := "tile/entries/" + strings.TrimPrefix(tile.Path(), "tile/8/0/")
	data, err := f.file(path, -1)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(entries) < tile.W {
		if len(data) < 2 {
			return nil, fmt.Errorf("%s ends early", path)
		}
		n := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+n {
			return nil, fmt.Errorf("%s ends early", path)
		}
		entries = append(entries, data[2:2+n])
		data = data[2+n:]
	}
	return entries, nil
}

// checkTiles proves every entry of a public log anew, and every earlier size consistent with it.
func checkTiles(dir, vkey string) (string, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return "", fmt.Errorf("vkey: %w", err)
	}
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return "", err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return "", err
	}
	size, root, err := parseCheckpoint(verifier.Name(), opened.Text)
	if err != nil {
		return "", err
	}
	log := folder(dir)
	hashes := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, log)
	for first := int64(0); first < size; first += 256 {
		entries, err := log.entries(first, size)
		if err != nil {
			return "", err
		}
		for i, entry := range entries {
			index := first + int64(i)
			if err := checkEntry(hashes, size, root, index, entry); err != nil {
				return "", fmt.Errorf("entry %d: %w", index, err)
			}
		}
	}
	proofs := 0
	for old := int64(1); old <= size; old += 1 + old/16 {
		if err := checkGrowth(hashes, size, root, old); err != nil {
			return "", fmt.Errorf("size %d: %w", old, err)
		}
		proofs++
	}
	tiles, err := checkEveryFile(dir, hashes)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d entries, %d earlier sizes and %d tiles of %s hold", size, proofs, tiles, verifier.Name()), nil
}

func checkEntry(hashes tlog.HashReader, size int64, root tlog.Hash, index int64, entry []byte) error {
	proof, err := tlog.ProveRecord(size, index, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry))
}

func checkGrowth(hashes tlog.HashReader, size int64, root tlog.Hash, old int64) error {
	oldRoot, err := tlog.TreeHash(old, hashes)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(size, old, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, size, root, old, oldRoot)
}

// checkEveryFile compares every file of hashes in the folder with what Go makes of the log: also
// the partial tiles of earlier sizes, which no proof above has read.
func checkEveryFile(dir string, hashes tlog.HashReader) (int, error) {
	tiles := 0
	err := filepath.WalkDir(filepath.Join(dir, "tile"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		level, rest, _ := strings.Cut(strings.TrimPrefix(filepath.ToSlash(name), "tile/"), "/")
		if level == "entries" {
			return nil
		}
		if _, err := strconv.Atoi(level); err != nil {
			return fmt.Errorf("%s: a tile of no level", name)
		}
		tile, err := tlog.ParseTilePath("tile/8/" + level + "/" + rest)
		if err != nil {
			return err
		}
		want, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !bytes.Equal(data, want) {
			return fmt.Errorf("%s holds other hashes", name)
		}
		tiles++
		return nil
	})
	if err == nil && tiles == 0 {
		err = errors.New("there is no tile")
	}
	return tiles, err
}
