using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace MeaiBudget.Analyzers;

/// <summary>Reports clients without a budget, wrong orders of layers, retries of SDKs, raw requests that are not read, and calls without an output limit.</summary>
/// <remarks>It looks at one type at a time: pipelines, builders in variables and fields, and methods of the type that make clients.</remarks>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class PipelineAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Rules.BudgetOutsideFunctionInvocation,
        Rules.BudgetOutsideCache,
        Rules.RetryOutsideFunctionInvocation,
        Rules.RoutingBelowBudget,
        Rules.FallbackOutsideFunctionInvocation,
        Rules.UnbudgetedAlternate,
        Rules.LoggingBelowRedaction,
        Rules.TrackerTwice,
        Rules.SdkRetries,
        Rules.ClientWithoutBudget,
        Rules.RawRequestUnseen,
        Rules.NoOutputLimit,
    ];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        if (context is null)
        {
            throw new System.ArgumentNullException(nameof(context));
        }

        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            var types = new KnownTypes(start.Compilation);
            var facts = new CompilationFacts();
            start.RegisterSymbolStartAction(symbol => Begin(symbol, types, facts), SymbolKind.NamedType);
            start.RegisterCompilationEndAction(end => facts.Report(end.ReportDiagnostic));
        });
    }

    private static void Begin(SymbolStartAnalysisContext context, KnownTypes types, CompilationFacts facts)
    {
        var blocks = new ConcurrentBag<(ISymbol Owner, IOperation Block)>();
        context.RegisterOperationBlockAction(block =>
        {
            // A nested type is a type of its own.
            if (KnownTypes.Same(block.OwningSymbol.ContainingType, context.Symbol))
            {
                foreach (IOperation operation in block.OperationBlocks)
                {
                    blocks.Add((block.OwningSymbol, operation));
                }
            }
        });
        context.RegisterSymbolEndAction(end => Check(end, new TypeScope(types, blocks), facts));
    }

    private static void Check(SymbolAnalysisContext context, TypeScope scope, CompilationFacts facts)
    {
        if (scope.Operations.Count == 0)
        {
            return;
        }

        var pipelines = new PipelineReader(scope);
        var clients = new ClientTrace(scope, pipelines);
        var spending = new SpendingRules(scope, pipelines, clients);
        new BudgetRule(scope, pipelines, spending).Check(
            tree => BudgetPolicy.IsRequired(context.Symbol, tree, context.Options.AnalyzerConfigOptionsProvider), context.ReportDiagnostic);
        if (!scope.Types.HasLibrary)
        {
            return;
        }

        OrderRules.Check(scope, pipelines, clients, context.ReportDiagnostic);
        spending.CheckClients(context.ReportDiagnostic, facts);
        spending.CheckRawRequests(context.ReportDiagnostic, facts);
        spending.CheckOutputLimits(context.ReportDiagnostic);
    }
}
