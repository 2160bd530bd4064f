package org.hattama.sample

import java.nio.file.Files
import java.nio.file.Path
import org.hattama.notebook.Headquarters
import org.hattama.notebook.picture
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** The sample as a person runs it: a program of its own, beside a real headquarters. */
class SampleTest {
    @TempDir lateinit var scratch: Path

    private fun run(vararg arguments: String): Pair<Int, String> {
        val builder = ProcessBuilder(
            "${System.getProperty("java.home")}/bin/java",
            "-Djna.library.path=${System.getProperty("jna.library.path")}",
            "-cp", System.getProperty("java.class.path"), "org.hattama.sample.MainKt", *arguments,
        ).redirectErrorStream(true)
        builder.environment()["HATTAMA_PASSPHRASE"] = "copper lantern seven"
        val ran = builder.start()
        val said = ran.inputStream.bufferedReader().readText()
        return ran.waitFor() to said
    }

    @Test
    fun `the sample brings a protocol with its photograph to headquarters and shows receipts`() {
        assumeTrue(Headquarters.program != null, "no `hattama` to serve; name it in HATTAMA_PROGRAM")
        Headquarters().use { headquarters ->
            val folder = "${scratch.resolve("notebook")}"
            val photo = picture(scratch.resolve("1.jpg"), 1)
            val figures = arrayOf("registered=1200", "found=960", "invalid=6", "valid=?")
            val (code, said) = run(folder, headquarters.invite(), "101", photo, *figures)
            assertEquals(0, code, said)
            val record = Regex("on disk, signed: ([0-9a-f]{64})").find(said)!!.groupValues[1]
            assertTrue(record in headquarters.records(), said)
            assertTrue("progress: 0 urgent wait, 1 at headquarters" in said, said)
            assertTrue("protocol $record ACKED" in said, said)
            assertTrue(Regex("photograph [0-9a-f]{64}: receipted").containsMatchIn(said), said)
            val receipt = Files.readString(scratch.resolve("$record.tlog-proof"))
            assertTrue(receipt.startsWith("c2sp.org/tlog-proof@v1"), receipt)
        }
    }

    @Test
    fun `an invitation that is none is a sentence and an exit code`() {
        val folder = "${scratch.resolve("notebook")}"
        val photo = picture(scratch.resolve("1.jpg"), 1)
        val (code, said) = run(folder, "nonsense", "101", photo, "found=960")
        assertEquals(1, code, said)
        assertTrue("an invitation begins with HATTAMA1." in said, said)
    }
}
