package org.hattama.notebook

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.flow.asSharedFlow
import kotlinx.coroutines.withContext

/**
 * Makes a call on a thread that may block: `notebook.io { list(0u, 50u) }`.
 *
 * A call that has begun is carried out also if the coroutine is cancelled meanwhile: a capture is on disk
 * or it is not.
 */
suspend fun <T> Notebook.io(work: Notebook.() -> T): T = withContext(Dispatchers.IO) { work() }

/**
 * Signs and stores a capture. Once it returns, all of it is on disk.
 */
suspend fun Capture.commitOnIo(): CaptureSummary = withContext(Dispatchers.IO) { commit() }

/**
 * Syncs within a budget. Cancelling interrupts the sync, and returns when it has ended: within two
 * seconds, with everything kept that was acknowledged.
 */
suspend fun Notebook.sync(budget: PumpBudget = PumpBudget()): PumpReport = coroutineScope {
    val running = async(Dispatchers.IO) { pump(budget) }
    try {
        running.await()
    } catch (cancelled: CancellationException) {
        interrupt()
        throw cancelled
    }
}

/** What a notebook tells. */
sealed interface NotebookEvent {
    /** Something was captured, sent or receipted. */
    data class OutboxChanged(val summary: OutboxSummary) : NotebookEvent

    /** Headquarters sent something. */
    data class Fed(val item: FeedItem) : NotebookEvent

    /** A human must know of this. */
    data class Alarmed(val alarm: Alarm) : NotebookEvent
}

/**
 * Hand this over as `events` and collect [events]. A collector that is slow loses the oldest ones, and
 * asks the notebook for what it missed.
 */
class EventFlow(waiting: Int = 64) : NotebookEvents {
    private val told = MutableSharedFlow<NotebookEvent>(
        extraBufferCapacity = waiting,
        onBufferOverflow = BufferOverflow.DROP_OLDEST,
    )

    /** What happens from now on. */
    val events: SharedFlow<NotebookEvent> = told.asSharedFlow()

    override fun outboxChanged(summary: OutboxSummary) {
        told.tryEmit(NotebookEvent.OutboxChanged(summary))
    }

    override fun feed(item: FeedItem) {
        told.tryEmit(NotebookEvent.Fed(item))
    }

    override fun alarm(alarm: Alarm) {
        told.tryEmit(NotebookEvent.Alarmed(alarm))
    }
}
