package org.hattama.sample

import java.nio.file.Files
import java.nio.file.Path
import kotlin.system.exitProcess
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.hattama.notebook.CaptureSummary
import org.hattama.notebook.Draft
import org.hattama.notebook.EventFlow
import org.hattama.notebook.Notebook
import org.hattama.notebook.NotebookConfig
import org.hattama.notebook.NotebookEvent
import org.hattama.notebook.NotebookException
import org.hattama.notebook.ProtocolDraft
import org.hattama.notebook.PumpBudget
import org.hattama.notebook.RecordProgress
import org.hattama.notebook.commitOnIo
import org.hattama.notebook.io
import org.hattama.notebook.passphraseVault
import org.hattama.notebook.sync

private const val USAGE =
    """usage: FOLDER INVITATION UNIT PHOTOGRAPH LINE=FIGURE...
  the passphrase of the keys comes from HATTAMA_PASSPHRASE, or is asked for
  a figure that nobody could read is written LINE=?"""

/** Exit codes: the record is at headquarters, something has to be changed, it waits on this device. */
private const val DONE = 0
private const val REFUSED = 1
private const val WAITS = 2

fun main(arguments: Array<String>) {
    if (arguments.size < 5) {
        System.err.println(USAGE)
        exitProcess(REFUSED)
    }
    val code = try {
        runBlocking { observe(arguments) }
    } catch (refused: NotebookException) {
        // Each kind says in its documentation what an app does; a console shows the sentence.
        System.err.println(refused.message)
        REFUSED
    } catch (misused: IllegalArgumentException) {
        System.err.println("${misused.message}\n$USAGE")
        REFUSED
    }
    exitProcess(code)
}

/** What an observer does with the app, from the first opening to the receipts. */
private suspend fun observe(arguments: Array<String>): Int = coroutineScope {
    val (folder, invitation, unit, photograph) = arguments
    val events = EventFlow()
    // Before anything happens: a flow tells only what comes from now on.
    val showing = showProgress(events)
    // On a phone the vault is the Keystore's, and `hardware` vouches when the observer is enrolled.
    val notebook = Notebook.open(
        NotebookConfig(folder, appName = "sample", appVersion = "0.1.0"),
        vault = passphraseVault(passphrase()),
        events = events,
        transport = null,
    )
    try {
        notebook.opened().salvage?.let { println("the database was damaged and set aside: $it") }
        val enrolment = notebook.io { enrolment() ?: enrol(invitation) }
        println("enrolled: ${enrolment.organisation}, ${enrolment.units ?: "everywhere"}")
        val made = capture(notebook, unit, photograph, figures(arguments.drop(4)))
        val report = notebook.sync(PumpBudget(byUser = true))
        println("sent: ${report.stored} records, ${report.bytesSent} bytes, ${report.end}")
        // The network's trouble is no error: all of it is on this device and goes out next time.
        report.trouble?.let { println("trouble: $it") }
        showReceipts(notebook, Path.of(folder))
        when (notebook.io { get(made.record) }.progress) {
            RecordProgress.ACKED, RecordProgress.HELD -> DONE
            RecordProgress.REJECTED -> REFUSED
            RecordProgress.QUEUED, RecordProgress.SUSPECT -> WAITS
        }
    } finally {
        // Once this has returned no event comes any more.
        notebook.io { end() }
        showing.cancel()
    }
}

private suspend fun capture(
    notebook: Notebook,
    unit: String,
    photograph: String,
    lines: Map<String, ULong?>,
): CaptureSummary {
    val draft = ProtocolDraft(unit = unit, form = "protocol", copy = "certified", lines = lines)
    val capture = notebook.io { beginCapture(Draft.Protocol(draft)) }
    notebook.io { capture.addPhoto(photograph, 1u) }
    // Advice, never a refusal: the observer copies what stands on the sheet.
    for (finding in notebook.io { capture.lookOver() }.findings) {
        println("does not add up: ${finding.relation}: ${finding.left} and ${finding.right}")
    }
    return capture.commitOnIo().also { println("on disk, signed: ${it.record}") }
}

private fun CoroutineScope.showProgress(flow: EventFlow) =
    // Undispatched, so that it listens before the notebook is opened.
    launch(Dispatchers.Default, start = CoroutineStart.UNDISPATCHED) {
        flow.events.collect { event ->
            when (event) {
                is NotebookEvent.OutboxChanged -> event.summary.run {
                    println("progress: ${urgent.count} urgent wait, $acked at headquarters")
                }
                is NotebookEvent.Fed -> println("headquarters: ${event.item}")
                is NotebookEvent.Alarmed -> println("alarm: ${event.alarm.code}: ${event.alarm.detail}")
            }
        }
    }

/** Receipts are proofs that anybody checks offline, with `hattama verify`. */
private suspend fun showReceipts(notebook: Notebook, folder: Path) {
    for (record in notebook.io { list(0u, 50u) }) {
        println("${record.kind} ${record.id} ${record.progress}")
        val receipt = notebook.io { recordReceipt(record.id) } ?: continue
        val file = folder.resolveSibling("${record.id}.tlog-proof")
        Files.writeString(file, receipt)
        println("receipt: $file")
        for (photo in record.photos) {
            val whole = notebook.io { photoReceipt(photo.hash) } != null
            println("photograph ${photo.hash}: ${if (whole) "receipted" else "${photo.progress}"}")
        }
    }
}

private fun figures(arguments: List<String>): Map<String, ULong?> = arguments.associate {
    val (line, figure) = it.split('=', limit = 2).also { parts -> require(parts.size == 2) { "$it has no =" } }
    line to if (figure == "?") null else figure.toULong()
}

private fun passphrase(): String = System.getenv("HATTAMA_PASSPHRASE")
    ?: System.console()?.readPassword("Passphrase: ")?.concatToString()
    ?: error("there is no console to ask for a passphrase: set HATTAMA_PASSPHRASE")
