using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace MeaiBudget.Analyzers;

/// <summary>Where code requires that every client has a budget: an attribute of the type or the assembly, or a line of .editorconfig.</summary>
/// <remarks>The nearest one decides: the type, its containing types, the line for the file, the assembly.</remarks>
internal static class BudgetPolicy
{
    /// <summary>The line of .editorconfig: <c>meaibudget.require_budget = true</c>.</summary>
    public const string Key = "meaibudget.require_budget";

    private const string Attribute = "RequireBudgetAttribute";

    public static bool IsRequired(ISymbol type, SyntaxTree tree, AnalyzerConfigOptionsProvider options)
    {
        for (ISymbol? current = type; current is INamedTypeSymbol; current = current.ContainingType)
        {
            if (Of(current.GetAttributes()) is { } stated)
            {
                return stated;
            }
        }

        return options.GetOptions(tree).TryGetValue(Key, out string? line) && bool.TryParse(line, out bool isRequired)
            ? isRequired
            : Of(type.ContainingAssembly?.GetAttributes() ?? []) ?? false;
    }

    private static bool? Of(ImmutableArray<AttributeData> attributes)
    {
        AttributeData? attribute = attributes.FirstOrDefault(static one => one.AttributeClass is { Name: Attribute } type && KnownTypes.NamespaceOf(type) == "MeaiBudget");
        return attribute is null ? null : attribute.ConstructorArguments.FirstOrDefault().Value is not false;
    }
}
