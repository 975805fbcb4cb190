using System.Collections.Generic;
using Microsoft.CodeAnalysis;

namespace MeaiBudget.Analyzers;

/// <summary>What was followed so far: variables and methods, and the writes to locals.</summary>
internal sealed class Visited
{
    private readonly HashSet<ISymbol> _symbols = new(SymbolEqualityComparer.Default);
    private readonly HashSet<(ISymbol, int)> _elements = [];
    private readonly HashSet<IOperation> _writes = [];

    /// <summary>Notes an element of a tuple that a variable holds; false if it was followed before.</summary>
    public bool Add(ISymbol symbol, int element) => _elements.Add((symbol, element));

    /// <summary>Notes a variable or a method; false if it was followed before.</summary>
    public bool Add(ISymbol symbol) => _symbols.Add(symbol);

    /// <summary>Notes a write to a local; false if it was followed before.</summary>
    public bool Add(IOperation write) => _writes.Add(write);
}
