namespace MeaiBudget.Testing;

/// <content>Streams, and what goes wrong in them.</content>
internal sealed partial class ResponseSender
{
    private async Task SendStreamAsync(WireAnswer answer, SimulatedResponse response, SimulatedUsage usage)
    {
        request.Answers(http.StatusCode);
        http.ContentType = format.StreamContentType;
        List<WireEvent> events = [.. format.Stream(answer)];
        int total = events.Count(wireEvent => wireEvent.Kind == WireEventKind.Piece);
        try
        {
            await SendEventsAsync(events, total, answer, response, usage);
        }
        catch (Exception) when (left.IsCancellationRequested && response is { Billed: null, PiecesAfterLeaving: > 0 })
        {
            request.Bills(usage.ForPart((int)Math.Min(total, (long)request.PiecesSent + response.PiecesAfterLeaving), total));
            throw;
        }
    }

    private async Task SendEventsAsync(List<WireEvent> events, int total, WireAnswer answer, SimulatedResponse response, SimulatedUsage usage)
    {
        int breakAfter = response.BreakKind == SimulatedResponse.Break.None ? int.MaxValue : Math.Min(response.BreakAfter, total);
        int sent = 0;
        foreach (WireEvent wireEvent in events)
        {
            if (sent == breakAfter && wireEvent.Kind != WireEventKind.Opening)
            {
                breakAfter = int.MaxValue;
                if (await BreakAsync(wireEvent, answer, response, usage.ForPart(sent, total)))
                {
                    return;
                }
            }

            if (wireEvent.Kind == WireEventKind.Piece)
            {
                await DelayAsync(response.PieceInterval);
                sent = request.SendsPiece();
            }

            // Record the billed tokens before the event is sent, so that a client that has read it finds them.
            if (response.Billed is null && wireEvent.Kind != WireEventKind.Opening)
            {
                request.Bills(usage.ForPart(sent, total));
            }

            await WriteAsync(format.Frame(wireEvent));
        }
    }

    /// <summary>Executes the scripted fault in the middle of a stream; returns true if the stream has ended.</summary>
    private async Task<bool> BreakAsync(WireEvent next, WireAnswer answer, SimulatedResponse response, SimulatedUsage soFar)
    {
        switch (response.BreakKind)
        {
            case SimulatedResponse.Break.Stall:
                await http.Body.FlushAsync(left);
                await StallAsync(response);
                return false;
            case SimulatedResponse.Break.Drop:
                await http.Body.FlushAsync(left);
                throw new ConnectionDroppedException();
            case SimulatedResponse.Break.Error:
                foreach (WireEvent wireEvent in format.ErrorEvents(response.BreakError!, request, answer))
                {
                    await WriteAsync(format.Frame(wireEvent));
                }

                return true;
            case SimulatedResponse.Break.Fail:
                foreach (WireEvent wireEvent in format.FailureEvents(response.BreakError!, request, answer, soFar))
                {
                    await WriteAsync(format.Frame(wireEvent));
                }

                return true;
            case SimulatedResponse.Break.Malformed:
                await WriteAsync(format.Frame(next with { Data = next.Data[..(next.Data.Length / 2)] }));
                return true;
            default:
                return true;
        }
    }

    private Task StallAsync(SimulatedResponse response) => response.BreakUntil is { } until
        ? until.WaitAsync(left)
        : Task.Delay(Timeout.InfiniteTimeSpan, options.TimeProvider, left);
}
