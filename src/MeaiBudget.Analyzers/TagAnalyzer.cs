using System;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>Reports tags whose names differ from the tag of a budget in the same compilation by case only.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TagAnalyzer : DiagnosticAnalyzer
{
    private static readonly ImmutableHashSet<string> TagMethods = ["UseTags", "UseBudgetTags", "SpendAsync", "Spend", "GetStatusAsync"];

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.TagCase];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        if (context is null)
        {
            throw new ArgumentNullException(nameof(context));
        }

        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            if (start.Compilation.GetTypeByMetadataName("MeaiBudget.CostTracker") is null)
            {
                return;
            }

            var budgets = new ConcurrentBag<string>();
            var used = new ConcurrentBag<(string Name, Location Location)>();
            start.RegisterOperationAction(operation => Read((IInvocationOperation)operation.Operation, budgets, used), OperationKind.Invocation);
            start.RegisterOperationAction(operation => ReadIndexer((IPropertyReferenceOperation)operation.Operation, used), OperationKind.PropertyReference);
            start.RegisterOperationAction(operation => ReadPair((IObjectCreationOperation)operation.Operation, used), OperationKind.ObjectCreation);
            start.RegisterCompilationEndAction(end => Report(end, budgets, used));
        });
    }

    private static void Report(CompilationAnalysisContext context, ConcurrentBag<string> budgets, ConcurrentBag<(string Name, Location Location)> used)
    {
        string[] names = [.. budgets.Distinct(StringComparer.Ordinal).OrderBy(static name => name, StringComparer.Ordinal)];
        foreach ((string name, Location location) in used)
        {
            if (!names.Contains(name, StringComparer.Ordinal) && names.FirstOrDefault(other => other.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } budget)
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    Rules.TagCase, location, ImmutableDictionary<string, string?>.Empty.Add("Tag", budget), name, budget));
            }
        }
    }

    private static void Read(IInvocationOperation call, ConcurrentBag<string> budgets, ConcurrentBag<(string Name, Location Location)> used)
    {
        IMethodSymbol method = call.TargetMethod;
        if (method is { Name: "PerTag", ContainingType.Name: "Budget" } && KnownTypes.NamespaceOf(method) == "MeaiBudget")
        {
            if (call.Arguments.FirstOrDefault(static argument => argument.Parameter?.Name == "tag")?.Value.ConstantValue is { HasValue: true, Value: string tag })
            {
                budgets.Add(tag);
            }
        }
        else if (method.Name is "Add" or "TryAdd" && call.Arguments.Length > 0 && (HoldsTags(call.Instance) || IsInTags(call)))
        {
            Use(call.Arguments[0].Value, used);
        }
    }

    private static void ReadIndexer(IPropertyReferenceOperation property, ConcurrentBag<(string Name, Location Location)> used)
    {
        if (property is { Property.IsIndexer: true, Arguments.Length: 1 } && (HoldsTags(property.Instance) || IsInTags(property)))
        {
            Use(property.Arguments[0].Value, used);
        }
    }

    private static void ReadPair(IObjectCreationOperation created, ConcurrentBag<(string Name, Location Location)> used)
    {
        if (created is { Type.Name: "KeyValuePair", Arguments.Length: 2 } && IsInTags(created))
        {
            Use(created.Arguments[0].Value, used);
        }
    }

    /// <summary>True for the properties of options that hold tags or their names.</summary>
    private static bool HoldsTags(IOperation? collection)
    {
        switch (collection)
        {
            case IPropertyReferenceOperation { Property: { Name: "ForwardTags" or "MetricTags" } property }:
                return KnownTypes.NamespaceOf(property) == "MeaiBudget";
            case IPropertyReferenceOperation { Property: { Name: "AdditionalProperties" } property }:
                return KnownTypes.NamespaceOf(property) == "Microsoft.Extensions.AI" && property.ContainingType.Name.EndsWith("Options", StringComparison.Ordinal);
            case IInstanceReferenceOperation:
                // Within an initializer: "ForwardTags = { "tenant" }" and "AdditionalProperties = new() { ["tenant"] = ... }".
                for (IOperation? current = collection.Parent; current is not null; current = current.Parent)
                {
                    if (current is IMemberInitializerOperation member)
                    {
                        return HoldsTags(member.InitializedMember);
                    }

                    if (current is ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Property.IsIndexer: false } target })
                    {
                        return HoldsTags(target);
                    }

                    if (current is IBlockOperation or IArgumentOperation { Parent: not IInvocationOperation { TargetMethod.Name: "Add" } and not IPropertyReferenceOperation })
                    {
                        return false;
                    }
                }

                return false;
            default:
                return false;
        }
    }

    /// <summary>True within the argument of a method that takes tags.</summary>
    private static bool IsInTags(IOperation operation)
    {
        for (IOperation? current = operation.Parent; current is not null; current = current.Parent)
        {
            if (current is IArgumentOperation { Parent: IInvocationOperation call } argument)
            {
                if (TagMethods.Contains(call.TargetMethod.Name) && argument.Parameter?.Name is "tags" or "attribution"
                    && (KnownTypes.NamespaceOf(call.TargetMethod) == "MeaiBudget" || call.TargetMethod.ContainingType.Name == "BudgetTagsApplicationBuilderExtensions"))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static void Use(IOperation name, ConcurrentBag<(string Name, Location Location)> used)
    {
        if (name.ConstantValue is { HasValue: true, Value: string text })
        {
            used.Add((text, name.Syntax.GetLocation()));
        }
    }
}
