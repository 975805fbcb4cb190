using System.Security.Cryptography;
using System.Text;

namespace MeaiBudget.Tool;

/// <summary>The results for a recording.</summary>
/// <param name="Measurements">The comparable rows, in the order of the file.</param>
/// <param name="Flagged">The rows whose reported usage has a known fault. They are in no figure.</param>
/// <param name="Skipped">The lines that could not be read, with the reason.</param>
/// <param name="NotComparable">The number of rows that are not comparable.</param>
internal sealed record AccuracyReport(IReadOnlyList<Measurement> Measurements, IReadOnlyList<Measurement> Flagged, IReadOnlyList<(int Line, string Reason)> Skipped, int NotComparable)
{
    private const int MostSkippedKept = 1000;

    /// <summary>Measures a recording with one JSON object per line. Calls <paramref name="progress"/> after each line.</summary>
    public static async Task<AccuracyReport> MeasureAsync(TextReader reader, Action? progress, CancellationToken cancellationToken)
    {
        var fresh = new TokenEstimator(new TokenEstimatorOptions { LearnsFromUsage = false });
        var learning = new TokenEstimator();
        var measurements = new List<Measurement>();
        var flagged = new List<Measurement>();
        var skipped = new List<(int, string)>();
        int notComparable = 0;
        int number = 0;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                try
                {
                    if (RecordedExchange.Read(line, number) is { } exchange)
                    {
                        Measurement row = await MeasureAsync(exchange, fresh, learning, cancellationToken);
                        (row.Fault == ReportFault.None ? measurements : flagged).Add(row);
                    }
                    else
                    {
                        notComparable++;
                    }
                }
                catch (RawRequestException exception) when (skipped.Count < MostSkippedKept)
                {
                    skipped.Add((number, exception.Message));
                }
                catch (RawRequestException)
                {
                    // Not stored: a file with only invalid rows must not fill the memory with messages.
                }
            }

            progress?.Invoke();
        }

        var report = new AccuracyReport(measurements, flagged, skipped, notComparable);
        await report.LearnFromOthersAsync(static exchange => HalfOf(exchange.Project), cancellationToken);
        return report;
    }

    /// <summary>Returns the half to which a project belongs, by the lowest bit of the first byte of its name's SHA-256.</summary>
    public static int HalfOf(string project) => SHA256.HashData(Encoding.UTF8.GetBytes(project))[0] & 1;

    /// <summary>Learns from the rows of each half, and estimates the rows of the other one. Does nothing if all rows are in one half.</summary>
    public async Task LearnFromOthersAsync(Func<RecordedExchange, int> halfOf, CancellationToken cancellationToken)
    {
        for (int half = 0; half < 2; half++)
        {
            Measurement[] teachers = [.. Measurements.Where(row => halfOf(row.Exchange) != half)];
            if (teachers.Length == Measurements.Count || teachers.Length == 0)
            {
                return;
            }

            var estimator = new TokenEstimator();
            foreach (Measurement row in teachers)
            {
                await LearnAsync(estimator, row.Exchange, cancellationToken);
            }

            foreach (Measurement row in Measurements.Where(row => halfOf(row.Exchange) == half))
            {
                row.HeldOut = await EstimateAsync(estimator, row.Exchange, cancellationToken);
            }
        }
    }

    private static async Task<Measurement> MeasureAsync(
        RecordedExchange exchange, TokenEstimator fresh, TokenEstimator learning, CancellationToken cancellationToken)
    {
        TokenEstimate before = await EstimateAsync(fresh, exchange, cancellationToken);
        ReportFault fault = ReportFaults.Of(exchange, before);

        // An application does not know the faults, so the estimator sees the rows with one, too.
        return new Measurement(exchange, before, await LearnAsync(learning, exchange, cancellationToken), fault);
    }

    private static async Task<TokenEstimate> LearnAsync(TokenEstimator estimator, RecordedExchange exchange, CancellationToken cancellationToken)
    {
        TokenEstimate estimate = await EstimateAsync(estimator, exchange, cancellationToken);
        estimator.Learn(estimate, TargetOf(exchange), new BillableUsage { InputTokens = exchange.ReportedInput, OutputTokens = exchange.ReportedOutput });
        return estimate;
    }

    private static ValueTask<TokenEstimate> EstimateAsync(TokenEstimator estimator, RecordedExchange exchange, CancellationToken cancellationToken) =>
        estimator.EstimateAsync(exchange.Request.Messages, exchange.Request.Options, TargetOf(exchange), cancellationToken);

    private static TokenEstimationTarget TargetOf(RecordedExchange exchange)
    {
        // Recordings mask parts of host names: "<region>-aiplatform.googleapis.com", "ollama_host (masked)".
        string host = new([.. exchange.Host.TakeWhile(letter => letter != ' ').Where(letter => letter is not ('<' or '>')).Select(letter => letter == '_' ? '-' : letter)]);
        Uri? address = Uri.TryCreate("https://" + host, UriKind.Absolute, out Uri? parsed) ? parsed : null;
        return new TokenEstimationTarget(exchange.ModelId, new Microsoft.Extensions.AI.ChatClientMetadata(exchange.Api, address, exchange.ModelId))
        {
            Api = exchange.Request.Api,
        };
    }
}
