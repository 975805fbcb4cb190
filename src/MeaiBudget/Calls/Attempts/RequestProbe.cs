using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Reads the request that a client would send, without sending it: our HTTP handler stops it.</summary>
internal static class RequestProbe
{
    /// <summary>Reads the request of a candidate.</summary>
    /// <returns>What it asks; null if the client sent no request that asks a model.</returns>
    /// <exception cref="Exception">The client cannot make a request of the messages and options.</exception>
    public static async ValueTask<WireRequest?> ReadAsync(CandidateRun run, CancellationToken cancellationToken)
    {
        using var probe = new WireAttempt(WireProbe.Instance, timeProvider: run.Clock, cancellationToken: cancellationToken);
        WireAttempt.Current = probe;
        try
        {
            if (run.IsStreaming)
            {
                await using IAsyncEnumerator<ChatResponseUpdate> updates =
                    run.Client.GetStreamingResponseAsync(run.Messages, run.Options, cancellationToken).GetAsyncEnumerator(cancellationToken);
                await updates.MoveNextAsync();
            }
            else
            {
                await run.Client.GetResponseAsync(run.Messages, run.Options, cancellationToken);
            }
        }
        catch (Exception) when (probe.Refusal is WireProbeException)
        {
            // The handler stopped the request, by whatever exception the SDK tells it.
        }
        finally
        {
            WireAttempt.Current = null;
        }

        return (probe.Refusal as WireProbeException)?.Request;
    }
}
