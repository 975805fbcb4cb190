namespace MeaiBudget.Tool;

/// <summary>The results for a recording.</summary>
/// <param name="Measurements">The comparable rows, in the order of the file.</param>
/// <param name="Skipped">The lines that could not be read, with the reason.</param>
/// <param name="NotComparable">The number of rows that are not comparable.</param>
internal sealed record AccuracyReport(IReadOnlyList<Measurement> Measurements, IReadOnlyList<(int Line, string Reason)> Skipped, int NotComparable)
{
    private const int MostSkippedKept = 1000;

    /// <summary>Measures a recording with one JSON object per line. Calls <paramref name="progress"/> after each line.</summary>
    public static async Task<AccuracyReport> MeasureAsync(TextReader reader, Action? progress, CancellationToken cancellationToken)
    {
        var fresh = new TokenEstimator(new TokenEstimatorOptions { LearnsFromUsage = false });
        var learning = new TokenEstimator();
        var measurements = new List<Measurement>();
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
                        measurements.Add(await MeasureAsync(exchange, fresh, learning, cancellationToken));
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

        return new AccuracyReport(measurements, skipped, notComparable);
    }

    private static async Task<Measurement> MeasureAsync(
        RecordedExchange exchange, TokenEstimator fresh, TokenEstimator learning, CancellationToken cancellationToken)
    {
        // Recordings mask parts of host names: "<region>-aiplatform.googleapis.com", "ollama_host (masked)".
        string host = new([.. exchange.Host.TakeWhile(letter => letter != ' ').Where(letter => letter is not ('<' or '>')).Select(letter => letter == '_' ? '-' : letter)]);
        Uri? address = Uri.TryCreate("https://" + host, UriKind.Absolute, out Uri? parsed) ? parsed : null;
        var target = new TokenEstimationTarget(exchange.ModelId, new Microsoft.Extensions.AI.ChatClientMetadata(exchange.Api, address, exchange.ModelId))
        {
            Api = exchange.Request.Api,
        };
        TokenEstimate before = await fresh.EstimateAsync(exchange.Request.Messages, exchange.Request.Options, target, cancellationToken);
        TokenEstimate after = await learning.EstimateAsync(exchange.Request.Messages, exchange.Request.Options, target, cancellationToken);
        learning.Learn(after, target, new BillableUsage { InputTokens = exchange.ReportedInput, OutputTokens = exchange.ReportedOutput });
        return new Measurement(exchange, before, after);
    }
}
