using System.Collections.Concurrent;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace MeaiBudget.Analyzers;

/// <summary>What types of one compilation say about each other. Thread-safe.</summary>
internal sealed class CompilationFacts
{
    private readonly ConcurrentBag<SdkClient> _unseen = [];
    private readonly ConcurrentBag<Location> _raw = [];

    /// <summary>Adds a client below a pipeline whose requests are not read.</summary>
    public void AddUnseen(SdkClient client) => _unseen.Add(client);

    /// <summary>Adds a raw request whose client is not seen, for example because it is injected.</summary>
    public void AddRaw(Location location) => _raw.Add(location);

    /// <summary>Reports the raw requests that an injected client sends, if the compilation has a client whose requests are not read.</summary>
    public void Report(System.Action<Diagnostic> report)
    {
        SdkClient? client = _unseen.OrderBy(static one => one.Creation.Syntax.SyntaxTree.FilePath, System.StringComparer.Ordinal)
            .ThenBy(static one => one.Creation.Syntax.SpanStart).FirstOrDefault();
        if (client is null)
        {
            return;
        }

        foreach (Location location in _raw)
        {
            report(Diagnostic.Create(Rules.RawRequestUnseen, location, [(client.Options ?? client.Creation).Syntax.GetLocation()], client.Sdk, client.WireAdvice));
        }
    }
}
